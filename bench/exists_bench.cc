// How the rows of a back-relation are found: each case as a list, by looks, and
// as the statistics choose, on 100,000 posts with 500,000 comments that the
// program makes in a temporary database. Values of one kind are shared by one
// comment in four, of one author by fifty.
#include <cstdio>
#include <random>

#include "benchmark/benchmark.h"
#include "sqlite3.h"

#include "bench/stages.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"

namespace sluice::bench {
namespace {

constexpr int kPosts = 100'000;

constexpr const char* kTables[] = {
    "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL)",
    "CREATE TABLE posts (id TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, "
    "status TEXT NOT NULL, created TEXT NOT NULL)",
    "CREATE TABLE comments (id TEXT PRIMARY KEY NOT NULL, post TEXT NOT NULL, author TEXT NOT "
    "NULL, kind TEXT NOT NULL, text TEXT NOT NULL)",
};
constexpr const char* kPostIndexes[] = {"CREATE INDEX ps ON posts (status)",
                                        "CREATE INDEX pc ON posts (created)"};
constexpr const char* kCommentIndexes[] = {"CREATE INDEX cp ON comments (post)",
                                           "CREATE INDEX ca ON comments (author)",
                                           "CREATE INDEX ck ON comments (kind)"};

struct Case {
  const char* name;
  const char* filter;
  const char* sort;
  bool count;
  std::int64_t offset = 0;
};
constexpr Case kCases[] = {
    {"common", "comments_via_post.kind ?= 'k1'", "", false},
    {"common_newest", "comments_via_post.kind ?= 'k1'", "-created", false},
    {"common_by_title", "comments_via_post.kind ?= 'k1'", "title", false},
    {"common_far_on", "comments_via_post.kind ?= 'k1'", "", false, 50'000},
    {"common_total", "comments_via_post.kind ?= 'k1'", "", true},
    {"rare", "comments_via_post.author ?= 'u7'", "", false},
    {"rare_newest", "comments_via_post.author ?= 'u7'", "-created", false},
    {"rare_total", "comments_via_post.author ?= 'u7'", "", true},
    {"rare_of_half", "status = 'a' && comments_via_post.author ?= 'u7'", "", false},
    {"rare_of_half_total", "status = 'a' && comments_via_post.author ?= 'u7'", "", true},
};

Field MakeField(std::string name, std::string target = "") {
  Field field;
  field.id = name;
  field.name = std::move(name);
  field.type = target.empty() ? FieldType::kText : FieldType::kRelation;
  field.max_select = 1;
  field.collection_id = std::move(target);
  return field;
}

std::shared_ptr<const Collection> Table(std::string name, std::vector<Field> fields,
                                        const std::vector<const char*>& indexes) {
  auto collection = std::make_shared<Collection>();
  collection->id = name;
  collection->name = std::move(name);
  collection->list_rule = "";
  fields.insert(fields.begin(), MakeField("id"));
  collection->fields = std::move(fields);
  for (const char* sql : indexes) collection->indexes.push_back(*ParseIndex(sql));
  return collection;
}

class Database {
 public:
  static Database& Get() {
    static Database* const kDatabase = new Database;
    return *kDatabase;
  }

  const Schema& schema() const { return schema_; }
  const Statistics& statistics() const { return statistics_; }

  sqlite3_stmt* Prepare(const std::string& text) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_, text.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
      std::fprintf(stderr, "%s: %s\n", text.c_str(), sqlite3_errmsg(db_));
      std::abort();
    }
    return statement;
  }

 private:
  Database()
      : schema_({Table("users", {}, {}),
                 Table("posts",
                       {MakeField("title"), MakeField("body"), MakeField("status"),
                        MakeField("created")},
                       {std::begin(kPostIndexes), std::end(kPostIndexes)}),
                 Table("comments",
                       {MakeField("post", "posts"), MakeField("author", "users"), MakeField("kind"),
                        MakeField("text")},
                       {std::begin(kCommentIndexes), std::end(kCommentIndexes)})}) {
    sqlite3_open("", &db_);  // a file that nobody sees
    sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
    Execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA cache_size = -65536");
    for (const char* sql : kTables) Execute(sql);
    Fill();
    for (const char* sql : kPostIndexes) Execute(sql);
    for (const char* sql : kCommentIndexes) Execute(sql);
    Execute("ANALYZE");
    sqlite3_stmt* const rows = Prepare("SELECT tbl, ifnull(idx, ''), stat FROM sqlite_stat1");
    while (sqlite3_step(rows) == SQLITE_ROW) {
      const auto text = [rows](int column) {
        return reinterpret_cast<const char*>(sqlite3_column_text(rows, column));
      };
      statistics_.Add(text(0), text(1), text(2));
    }
    sqlite3_finalize(rows);
  }

  void Execute(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return;
    std::fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db_));
    std::abort();
  }

  // Ids are in no order, as real ones are.
  void Fill() {
    std::mt19937 random(7);
    const auto id = [&random] {
      std::string made;
      for (int i = 0; i < 15; ++i) made += "abcdefghijklmnopqrstuvwxyz0123456789"[random() % 36];
      return made;
    };
    const auto insert = [](sqlite3_stmt* into, const std::vector<std::string>& values) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        sqlite3_bind_text(into, static_cast<int>(i) + 1, values[i].data(),
                          static_cast<int>(values[i].size()), SQLITE_TRANSIENT);
      }
      sqlite3_step(into);
      sqlite3_reset(into);
    };
    Execute("BEGIN");
    std::vector<std::string> posts;
    sqlite3_stmt* const post = Prepare("INSERT INTO posts VALUES (?1, ?2, ?3, ?4, ?5)");
    for (int i = 0; i < kPosts; ++i) {
      posts.push_back(id());
      insert(post,
             {posts.back(), "title " + id(), std::string(300, 'x'), random() % 2 == 0 ? "a" : "b",
              "20" + std::to_string(10 + random() % 16) + "-" + id()});
    }
    sqlite3_finalize(post);
    sqlite3_stmt* const comment = Prepare("INSERT INTO comments VALUES (?1, ?2, ?3, ?4, ?5)");
    for (int i = 0; i < 5 * kPosts; ++i) {
      insert(comment,
             {id(), posts[random() % posts.size()], "u" + std::to_string(random() % (kPosts / 10)),
              "k" + std::to_string(random() % 4), std::string(60, 'y')});
    }
    sqlite3_finalize(comment);
    Execute("COMMIT");
  }

  sqlite3* db_ = nullptr;
  Schema schema_;
  Statistics statistics_;
};

// Statistics by which the other spelling is chosen.
Statistics Says(bool few) {
  Statistics statistics;
  statistics.Add("posts", "ps", few ? "100000 90000" : "100000 1");
  statistics.Add("posts", "pc", "100000 1");
  statistics.Add("comments", "cp", "500000 1");
  for (const char* index : {"ca", "ck"})
    statistics.Add("comments", index, few ? "500000 2" : "500000 400000");
  return statistics;
}

Plan PlanOf(const Case& one) {
  const Ast filter = Must(ParseFilter(one.filter));
  const SortList sort = Must(ParseSort(one.sort));
  Query query;
  query.collection = Database::Get().schema().Find("posts");
  query.filter = &filter;
  if (!sort.keys.empty()) query.sort = &sort;
  return Simplify(Must(Bind(query, Database::Get().schema(), {})));
}

void Run(benchmark::State& state, const Case& one, const Statistics& statistics) {
  const Plan plan = PlanOf(one);
  SelectOptions options;
  options.columns = {"id", "title", "body", "status", "created"};
  options.limit = true;
  options.offset = true;
  options.rows_asked = static_cast<double>(one.offset + 30);
  options.statistics = &statistics;
  const SqlStatement statement =
      one.count ? SelectCount(plan, Sqlite(), Lowering::kRewritten, &statistics)
                : SelectRows(plan, Sqlite(), options);
  state.SetLabel(statement.text.find("EXISTS") != std::string::npos ? "looks" : "list");
  sqlite3_stmt* const prepared = Database::Get().Prepare(statement.text);
  for (std::size_t i = 0; i < statement.params.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    const ParamKind kind = statement.params[i].kind;
    if (kind != ParamKind::kSlot) {
      sqlite3_bind_int64(prepared, number, kind == ParamKind::kLimit ? 30 : one.offset);
    } else {
      const ValueView value = plan.slots[statement.params[i].slot].value.view();
      sqlite3_bind_text(prepared, number, value.text.data(), static_cast<int>(value.text.size()),
                        SQLITE_TRANSIENT);
    }
  }
  for (auto _ : state) {
    while (sqlite3_step(prepared) == SQLITE_ROW)
      benchmark::DoNotOptimize(sqlite3_column_text(prepared, 0));
    sqlite3_reset(prepared);
  }
  sqlite3_finalize(prepared);
}

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  static const Statistics kFew = Says(true);
  static const Statistics kMany = Says(false);
  static const Statistics kNone;
  for (const Case& one : kCases) {
    const auto add = [&one](const char* how, const auto& statistics) {
      const std::string name = std::string(one.name) + "/" + how;
      benchmark::RegisterBenchmark(name.c_str(), [&one, statistics](benchmark::State& state) {
        Run(state, one, *statistics());
      })->Unit(benchmark::kMicrosecond);
    };
    add("by_rule", [] { return &kNone; });
    add("said_few", [] { return &kFew; });
    add("said_many", [] { return &kMany; });
    add("chosen", [] { return &Database::Get().statistics(); });
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
