// View fields against the peer's recorded answers (recorded_views.json, read with
// SQLite's own JSON functions), and against tables of what is written where (S-32, S-33, R-134).
#include "sluice/view_fields.h"

#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "sqlite3.h"

namespace sluice {
namespace {

using Row = std::vector<std::string>;

// A read-only database, here to answer questions about JSON as well.
class Database {
 public:
  explicit Database(const std::string& uri) {
    sqlite3_open_v2(uri.c_str(), &db_, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
  }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  std::vector<Row> Ask(const std::string& sql, const std::vector<std::string>& parameters = {}) {
    sqlite3_stmt* statement = Prepare(sql);
    if (statement == nullptr) return {};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      sqlite3_bind_text(statement, static_cast<int>(i) + 1, parameters[i].data(),
                        static_cast<int>(parameters[i].size()), SQLITE_TRANSIENT);
    }
    std::vector<Row> rows;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      Row row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        row.emplace_back(text == nullptr ? "" : text);
      }
      rows.push_back(std::move(row));
    }
    sqlite3_finalize(statement);
    return rows;
  }

  // The columns of a view over `query`, or nothing when SQLite refuses it.
  std::vector<std::string> Columns(const std::string& query) {
    sqlite3_stmt* statement = Prepare("SELECT * FROM (" + query + ")", true);
    std::vector<std::string> names;
    for (int i = 0; i < sqlite3_column_count(statement); ++i)
      names.emplace_back(sqlite3_column_name(statement, i));
    sqlite3_finalize(statement);
    return names;
  }

 private:
  sqlite3_stmt* Prepare(const std::string& sql, bool may_fail = false) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK && !may_fail) {
      ADD_FAILURE() << sql << ": " << sqlite3_errmsg(db_);
    }
    return statement;
  }

  sqlite3* db_ = nullptr;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

Database& Blog() {
  static Database database("file:" SLUICE_SOURCE_DIR
                           "/tests/conformance/fixtures/blog/data.db?mode=ro&immutable=1");
  return database;
}

const Schema& BlogFolder() {
  static const Schema* const kSchema = [] {
    std::vector<std::shared_ptr<const Collection>> all;
    for (const Row& row :
         Blog().Ask("SELECT id, name, type, options ->> 'viewQuery' FROM _collections")) {
      auto collection = std::make_shared<Collection>();
      collection->id = row[0];
      collection->name = row[1];
      collection->type = row[2] == "view" ? CollectionType::kView : CollectionType::kBase;
      collection->view_query = row[3];
      for (const Row& part : Blog().Ask(
               "SELECT value ->> 'id', value ->> 'name', value ->> 'type', value ->> 'hidden', "
               "value ->> 'maxSelect', value ->> 'collectionId', value "
               "FROM _collections AS c, json_each(c.fields) WHERE c.id = ?1",
               {row[0]})) {
        Field field;
        field.id = part[0];
        field.name = part[1];
        field.type = ParseFieldType(part[2]).value_or(FieldType::kText);
        field.hidden = part[3] == "1";
        field.max_select = static_cast<std::uint32_t>(std::atoi(part[4].c_str()));
        field.collection_id = part[5];
        field.options_json = part[6];
        collection->fields.push_back(std::move(field));
      }
      all.push_back(std::move(collection));
    }
    return new Schema(std::move(all));
  }();
  return *kSchema;
}

// What the dry run of a view comes to without its sample.
StatusOr<std::vector<Field>> DryRun(const std::string& query) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<Field> fields, InferViewFields(query, BlogFolder()));
  const std::vector<std::string> columns = Blog().Columns(NormalizeViewQuery(query));
  if (columns.empty()) return absl::InvalidArgumentError("SQL logic error");
  fields = MatchViewColumns(std::move(fields), columns);
  SLUICE_RETURN_IF_ERROR(CheckViewFields(fields));
  return fields;
}

std::string AsJson(std::vector<Field> fields) {
  std::string json = "[";
  for (Field& field : fields) {
    if (field.id.empty()) SetFieldId(field, "_clone_");
    json += (json.size() > 1 ? "," : "") + field.options_json;
  }
  return json + "]";
}

TEST(ViewFields, AreThoseOfTheRecordedAnswers) {
  const std::string recorded = ReadFile(SLUICE_SOURCE_DIR "/tests/engine/recorded_views.json");
  const std::vector<Row> rows = Blog().Ask(
      "SELECT value ->> 'query', COALESCE(value ->> 'fields', ''), COALESCE(value ->> 'error', '') "
      "FROM json_each(?1)",
      {recorded});
  EXPECT_GE(rows.size(), 20U);
  for (const Row& row : rows) {
    const StatusOr<std::vector<Field>> fields = DryRun(row[0]);
    if (row[2].empty()) {
      ASSERT_TRUE(fields.ok()) << row[0] << ": " << fields.status();
      EXPECT_EQ(AsJson(*fields), row[1]) << row[0];
    } else if (row[2].compare(0, 15, "SQL logic error") == 0) {
      EXPECT_EQ(fields.status().message(), "SQL logic error") << row[0];
    } else {
      // Answers end with a point.
      const std::string message(fields.status().message());
      EXPECT_EQ(message + (message.empty() || message.back() != '.' ? "." : ""), row[2]) << row[0];
    }
  }
}

TEST(ViewFields, AreThoseOfTheStoredViews) {
  std::size_t views = 0;
  for (const auto& collection : BlogFolder().collections()) {
    if (!collection->is_view()) continue;
    StatusOr<std::vector<Field>> fields = DryRun(collection->view_query);
    ASSERT_TRUE(fields.ok()) << fields.status();
    ASSERT_EQ(fields->size(), collection->fields.size());
    for (std::size_t i = 0; i < fields->size(); ++i) {
      const Field& want = collection->fields[i];
      if ((*fields)[i].id.empty()) SetFieldId((*fields)[i], want.id);
      EXPECT_EQ((*fields)[i].id, want.id);
      EXPECT_EQ((*fields)[i].options_json, want.options_json);
      EXPECT_EQ((*fields)[i].max_select, want.max_select);
    }
    ++views;
  }
  EXPECT_EQ(views, 2U);
}

// `name:type` of each field; `number!` is onlyInt, `relation>c` the target, `~`
// what is copied, `-` what is hidden.
std::string Brief(const StatusOr<std::vector<Field>>& fields) {
  if (!fields.ok()) return std::string(fields.status().message());
  std::string out;
  for (const Field& field : *fields) {
    if (!out.empty()) out += ' ';
    out += field.name + ":" + (field.id.empty() ? "~" : "") + std::string(ToText(field.type));
    if (field.options_json.find("\"onlyInt\":true") != std::string::npos) out += '!';
    if (field.type == FieldType::kRelation) out += ">" + field.collection_id;
    if (field.multiple()) out += "[]";
    if (field.hidden) out += '-';
  }
  return out;
}

struct Case {
  std::string_view query;
  std::string_view want;
};

constexpr Case kColumns[] = {
    // Where a column comes from.
    {"select id, title from posts", "id:text title:~text"},
    {"SELECT ID, TITLE FROM POSTS", "id:text title:~text"},
    {"select P.Title as t from posts p", "t:~text"},
    {"select posts.title from posts", "title:~text"},
    {"select name from posts p, tags t", "name:json"},
    {"select t.name from posts p, tags t", "name:~text"},
    {"select t.name n from posts as p,tags as t", "n:~text"},
    {"select x.title from posts p", "title:json"},
    {"select main.posts.title from posts", "title:json"},
    {"select title from main.posts", "title:json"},
    {"select rowid, _rowid_ r from posts", "rowid:json r:json"},
    {"select id, password, tokenKey k from users", "id:text password:~password- k:~text-"},
    {"select tags, author, labels from posts",
     "tags:~relation>c_tags[] author:~relation>_pb_users_auth_ labels:~select[]"},
    {"select id as pid from posts", "pid:relation>c_posts"},
    {"select u.ID as who from posts p join users u on u.id = p.author",
     "who:relation>_pb_users_auth_"},
    {"select s.id as stat, s.comments, s.score from post_stats s",
     "stat:relation>c_post_stats comments:~number! score:~number"},
    {"select max(id) as id from posts", "id:text"},
    // Calls and casts.
    {"select COUNT(*) c, Count(distinct id) d, total(views) t from posts",
     "c:number! d:number! t:number"},
    {"select sum(views) s, counts(views) c, count c2, (count(id)) p from posts",
     "s:json c:json c2:json p:json"},
    {"select cast(views as Real) a, CAST(views AS NUMERIC) b, cast( views as\n integer ) c from "
     "posts",
     "a:number b:number c:number!"},
    {"select cast((views)as int) a, cast(views as varchar(3)) b, cast(views as double precision) c "
     "from posts",
     "a:number! b:json c:json"},
    {"select cast(title as text) a, cast(pinned as BOOLEAN) b, cast(cast(views as int) as text) c "
     "from posts",
     "a:text b:bool c:text"},
    // Everything else.
    {"select 1 one, 1.5 half, 'title' word, null n, views+1 more, (title || slug) both from posts",
     "one:json half:json word:json n:json more:json both:json"},
    {"select (title) a, -views b, (select title from posts) c from posts", "a:json b:json c:json"},
    {"select (case when views > 1 then 'x, y' else title end) as c from posts", "c:json"},
    {"select (ROW_NUMBER() OVER(ORDER BY id, title)) as id from posts", "id:text"},
    {"with x as (select id, title from posts) select id, title from x", "id:text title:json"},
    {"select id, s.title from (select id, title from posts) s", "id:text title:json"},
    {"select id, s.title from (select id, title from posts) as s, posts p", "id:text title:json"},
    {"select j.value v from posts p, json_each(p.tags) j", "v:json"},
    // Quotes, comments, blanks.
    {"select \"id\", `title` \"a b\", [views], 'x' 'y' from [posts]",
     "id:text a b:~text views:~number! y:json"},
    {"select \"p\".`title` from 'posts' \"p\"", "title:~text"},
    {"select 'it''s, from' a, title from posts", "a:json title:~text"},
    {"select \"a\"\"b\" as \"c\"\"d\" from posts", "c\"d:json"},
    {"select id/* a, b */,title -- from x\n,views\tas\r\nv from posts",
     "id:text title:~text v:~number!"},
    {"select '--' a, \"/*\" b, title from posts /* open", "a:json b:json title:~text"},
    {"select distinct id,title from posts", "id:text title:~text"},
    {"select all id,title from posts", "id:text title:~text"},
    {"select(id) as x,title from(select 1) p", "x:json title:json"},
    {" ;\n select id from posts ; ;", "id:text"},
    // What follows the tables.
    {"select id, title from posts where views is distinct from 1 order by title, id limit 1, 2",
     "id:text title:~text"},
    {"select p.id, t.name from posts p natural left outer join tags t using (id) cross join users "
     "u group by p.id, t.name "
     "having 1 window w as (order by p.id)",
     "id:text name:~text"},
    {"select t.name from posts p left join tags t on t.id = p.tags and t.weight in (1, 2), users u",
     "name:~text"},
    {"select id, title from posts where 1 union all select id, name from tags",
     "id:text title:~text"},
    {"select 1 as id limit 1", "id:text"},
    {"select id, title from", "id:text title:json"},
    {"", ""},
    {"pragma table_info(posts)", ""},
    // What is refused.
    {"select * from posts",
     "wildcard columns (*) are not supported - manually type the collection field names you want "
     "the view query to have"},
    {"select p.* from posts p",
     "wildcard columns (*) are not supported - manually type the collection field names you want "
     "the view query to have"},
    {"select id from posts; delete from posts", "multiple statements are not supported"},
    {"select id, ';' as x from posts -- ;", "id:text x:json"},
    {"select id from posts union select id from users",
     "invalid identifier part - expected \"as\", got union"},
    {"select id from posts union all select id from users",
     "invalid identifier parts [posts union all users]"},
    {"select id, views + 1 from posts", "invalid identifier part - expected \"as\", got +"},
    {"select id, views + 1 as v from posts", "invalid identifier parts [views + 1 as v]"},
    {"select case when views then 1 end as c from posts",
     "invalid identifier parts [case when views then 1 end as c]"},
    {"select (id from posts", "unbalanced parenthesis or quoted expression: \"(id from posts\""},
    {"select id, 'a\tb from posts",
     "unbalanced parenthesis or quoted expression: \"'a\\tb from posts\""},
    {"select id) from posts", "unbalanced parenthesis or quoted expression: \"id) from posts\""},
};

TEST(ViewFields, FollowWhatIsWritten) {
  for (const Case& test : kColumns)
    EXPECT_EQ(Brief(InferViewFields(test.query, BlogFolder())), test.want) << test.query;
}

TEST(ViewFields, HaveTheAffinityOfTheirColumn) {
  const StatusOr<std::vector<Field>> fields = InferViewFields(
      "select title, views, tags, author, id as pid, count(id) c, cast(views as text) t, "
      "cast(views as int) n, 1 one from posts",
      BlogFolder());
  ASSERT_TRUE(fields.ok());
  const std::vector<Affinity> want = {Affinity::kText, Affinity::kNumeric, Affinity::kNumeric,
                                      Affinity::kText, Affinity::kText,    Affinity::kNone,
                                      Affinity::kText, Affinity::kNumeric, Affinity::kNone};
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_EQ((*fields)[i].affinity(), want[i]) << (*fields)[i].name;
}

std::string Checked(const std::string& query) {
  StatusOr<std::vector<Field>> fields = InferViewFields(query, BlogFolder());
  if (!fields.ok()) return "not inferred";
  return std::string(
      CheckViewFields(MatchViewColumns(*std::move(fields), Blog().Columns(query))).message());
}

TEST(ViewFields, NeedAnIdAndNamesOfFields) {
  const std::string long_name(101, 'x');
  const std::pair<std::string, std::string> cases[] = {
      {"select id, title from posts", ""},
      {"select title from posts",
       "missing required id column (you can use `(ROW_NUMBER() OVER()) as id` if you don't have "
       "one)"},
      {"select id as ID from posts",
       "missing required id column (you can use `(ROW_NUMBER() OVER()) as id` if you don't have "
       "one)"},
      {"select id, max(views) from posts",
       "invalid field \"max(views)\" (1): name: must be in a valid format."},
      {"select id, title, title from posts",
       "invalid field \"title:1\" (2): name: must be in a valid format."},
      {"select id, 1 as collectionId from posts",
       "invalid field \"collectionId\" (1): name: must not be in list."},
      {"select id, 1 as a_VIA_b from posts",
       "invalid field \"a_VIA_b\" (1): name: the value cannot contain \"_via_\"."},
      {"select id, 1 as " + long_name + " from posts",
       "invalid field \"" + long_name + "\" (1): name: the length must be between 1 and 100."},
  };
  for (const auto& [query, want] : cases) EXPECT_EQ(Checked(query), want) << query;
}

TEST(ViewFields, ReplaceIdAndNameInOptions) {
  Field field;
  field.name = "n<\"";
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"id":"a","name":"b","values":["id","name",{"id":1}],"x":"},{\"id\":2"})",
       R"({"id":"i","name":"n\u003c\"","values":["id","name",{"id":1}],"x":"},{\"id\":2"})"},
      {R"({ "name" : "b" , "z" : {"name":"c"}, "id":"q"})",
       R"({ "name":"n\u003c\"", "z" : {"name":"c"}, "id":"i"})"},
      {"{}", R"({"id":"i","name":"n\u003c\""})"},
      {"", R"({"id":"i","name":"n\u003c\""})"},
  };
  for (const auto& [options, want] : cases) {
    field.options_json = std::string(options);
    SetFieldId(field, "i");
    EXPECT_EQ(field.options_json, want);
  }
}

TEST(ViewFields, TakeLinearTimeOverHostileQueries) {
  constexpr std::size_t kLength = 100'000;
  const auto repeat = [](std::string_view piece) {
    std::string text;
    while (text.size() < kLength) text += piece;
    return text;
  };
  const std::string queries[] = {
      "select " + repeat("(") + " from posts",
      "select " + repeat("(") + repeat(")") + " as id from posts",
      "select " + repeat("id,") + "id from posts",
      "select " + repeat("x ") + "from posts",
      "select id from " + repeat("posts,") + "posts",
      "select id from posts " + repeat("join posts on 1 "),
      repeat("select id from posts where 1 union "),
      "select " + repeat("'a") + " from posts",
      "select " + repeat("/*") + " from posts",
      "select " + repeat("a.") + "b from posts",
      "select " + repeat("cast(") + "1" + repeat(" as int)") + " as c from posts",
      "select id as \"" + repeat("\"\"") + "\" from posts",
      repeat("select "),
      repeat(";"),
      std::string(kLength, '\0'),
      repeat("\xff"),
  };
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& query : queries) (void)InferViewFields(query, BlogFolder()).ok();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace sluice
