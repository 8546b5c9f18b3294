// The DDL texts against the worked examples X-1 to X-12, and run on a real
// SQLite, data included (S-27 to S-40).
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "sqlite3.h"

#include "sluice/ddl.h"

namespace sluice {
namespace {

constexpr DdlDialect kSqlite = DdlDialect::kSqlite;
constexpr DdlDialect kPostgres = DdlDialect::kPostgres;

class Database {
 public:
  Database() { sqlite3_open(":memory:", &db_); }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // The error's text, empty when all is well.
  std::string Run(const std::string& sql) {
    char* error = nullptr;
    sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &error);
    const std::string text = error == nullptr ? "" : error;
    sqlite3_free(error);
    return text;
  }

  void RunAll(const std::vector<TableStep>& steps) {
    for (const TableStep& step : steps) EXPECT_EQ(Run(step.sql), "") << step.sql;
  }

  // The first column of all rows, `NULL` for NULL.
  std::vector<std::string> Ask(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(db_);
    std::vector<std::string> rows;
    while (statement != nullptr && sqlite3_step(statement) == SQLITE_ROW) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      rows.emplace_back(text == nullptr ? "NULL" : text);
    }
    sqlite3_finalize(statement);
    return rows;
  }

  // What sqlite_master says of a name.
  std::string Sql(const std::string& name) {
    const std::vector<std::string> rows =
        Ask("SELECT sql FROM sqlite_master WHERE name = '" + name + "'");
    return rows.empty() ? "" : rows[0];
  }

 private:
  sqlite3* db_ = nullptr;
};

Field MakeField(std::string name, FieldType type, std::uint32_t max_select = 0) {
  Field field;
  field.id = "id_" + name;
  field.name = std::move(name);
  field.type = type;
  field.max_select = max_select;
  field.primary_key = field.name == "id";
  return field;
}

Field Text(std::string name) { return MakeField(std::move(name), FieldType::kText); }

Collection MakeCollection(std::string name, std::vector<Field> fields,
                          const std::vector<std::string>& indexes = {}) {
  Collection collection;
  collection.name = std::move(name);
  collection.fields = std::move(fields);
  for (const std::string& sql : indexes)
    collection.indexes.push_back(ParseIndex(sql).value_or(Index{}));
  return collection;
}

// Suffixes `00001`, `00002`, …
std::function<std::string()> Suffixes() {
  return [count = 0]() mutable {
    std::string digits = std::to_string(++count);
    return std::string(5 - digits.size(), '0') + digits;
  };
}

std::vector<std::string> Texts(const std::vector<TableStep>& steps) {
  std::vector<std::string> texts;
  for (const TableStep& step : steps) texts.push_back(step.sql);
  return texts;
}

using Strings = std::vector<std::string>;

const char* const kId = "`id` TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL";

Collection AllTypes() {
  return MakeCollection(
      "alltypes",
      {Text("id"), Text("title"), MakeField("num", FieldType::kNumber),
       MakeField("flag", FieldType::kBool), MakeField("mail", FieldType::kEmail),
       MakeField("link", FieldType::kUrl), MakeField("body", FieldType::kEditor),
       MakeField("when", FieldType::kDate), MakeField("auto", FieldType::kAutodate),
       MakeField("sel1", FieldType::kSelect, 1), MakeField("selN", FieldType::kSelect, 2),
       MakeField("js", FieldType::kJson), MakeField("rel1", FieldType::kRelation),
       MakeField("relN", FieldType::kRelation, 5), MakeField("f1", FieldType::kFile),
       MakeField("fN", FieldType::kFile, 3), MakeField("geo", FieldType::kGeoPoint),
       MakeField("pw", FieldType::kPassword)});
}

TEST(TableDdl, CreatesTheTablesOfThePeer) {
  const std::string all_types =
      std::string(
          "CREATE TABLE `alltypes` (`auto` TEXT DEFAULT '' NOT NULL, `body` TEXT DEFAULT '' NOT "
          "NULL, "
          "`f1` TEXT DEFAULT '' NOT NULL, `fN` JSON DEFAULT '[]' NOT NULL, `flag` BOOLEAN DEFAULT "
          "FALSE NOT NULL, "
          "`geo` JSON DEFAULT '{\"lon\":0,\"lat\":0}' NOT NULL, ") +
      kId +
      ", `js` JSON DEFAULT NULL, `link` TEXT DEFAULT '' NOT NULL, `mail` TEXT DEFAULT '' NOT NULL, "
      "`num` NUMERIC DEFAULT 0 NOT NULL, `pw` TEXT DEFAULT '' NOT NULL, `rel1` TEXT DEFAULT '' NOT "
      "NULL, "
      "`relN` JSON DEFAULT '[]' NOT NULL, `sel1` TEXT DEFAULT '' NOT NULL, `selN` JSON DEFAULT "
      "'[]' NOT NULL, "
      "`title` TEXT DEFAULT '' NOT NULL, `when` TEXT DEFAULT '' NOT NULL)";
  const std::string users =
      std::string(
          "CREATE TABLE `users` (`avatar` TEXT DEFAULT '' NOT NULL, `created` TEXT DEFAULT '' NOT "
          "NULL, "
          "`email` TEXT DEFAULT '' NOT NULL, `emailVisibility` BOOLEAN DEFAULT FALSE NOT NULL, ") +
      kId +
      ", `name` TEXT DEFAULT '' NOT NULL, `password` TEXT DEFAULT '' NOT NULL, `tokenKey` TEXT "
      "DEFAULT '' NOT NULL, "
      "`updated` TEXT DEFAULT '' NOT NULL, `verified` BOOLEAN DEFAULT FALSE NOT NULL)";
  const Collection user_collection = MakeCollection(
      "users",
      {Text("id"), MakeField("password", FieldType::kPassword), Text("tokenKey"),
       MakeField("email", FieldType::kEmail), MakeField("emailVisibility", FieldType::kBool),
       MakeField("verified", FieldType::kBool), Text("name"),
       MakeField("avatar", FieldType::kFile, 1), MakeField("created", FieldType::kAutodate),
       MakeField("updated", FieldType::kAutodate)});
  EXPECT_EQ(CreateTable(AllTypes(), kSqlite), all_types);
  EXPECT_EQ(CreateTable(user_collection, kSqlite), users);
  Database database;
  EXPECT_EQ(database.Run(all_types), "");
  EXPECT_EQ(database.Sql("alltypes"), all_types);
  EXPECT_EQ(database.Run("INSERT INTO alltypes DEFAULT VALUES"), "");
  EXPECT_EQ(database.Ask("SELECT length(id) || left || geo FROM (SELECT substr(id, 1, 1) AS left, "
                         "* FROM alltypes)"),
            Strings{"15r{\"lon\":0,\"lat\":0}"});
  EXPECT_EQ(database.Run(DropTable(AllTypes(), kSqlite)), "");
  EXPECT_EQ(database.Sql("alltypes"), "");
}

struct IndexCase {
  std::string_view sql;
  std::string_view table;
  std::string_view stored;     // empty: as submitted
  std::string_view canonical;  // empty: no CREATE INDEX
};

constexpr IndexCase kIndexes[] = {
    {"create index idx_a on alltypes (title, num desc)", "alltypes", "",
     "CREATE INDEX `idx_a` ON `alltypes` (\n  `title`,\n  `num` DESC\n)"},
    {"create unique index if not exists main.`i1` on whatever (lower(id), id collate nocase desc) "
     "where id != \"\"",
     "t1",
     "CREATE UNIQUE INDEX IF NOT EXISTS `main`.`i1` ON `t1` (\n  lower(id),\n  `id` COLLATE nocase "
     "DESC\n) WHERE id != \"\"",
     "CREATE UNIQUE INDEX IF NOT EXISTS `main`.`i1` ON `t1` (\n  lower(id),\n  `id` COLLATE nocase "
     "DESC\n) WHERE id != \"\""},
    // As recorded in `indexes: stored and executed`.
    {"CREATE INDEX \"ix_c\" ON [ix] ([n] ASC)", "ix", "", "CREATE INDEX `ix_c` ON `ix` (`n` ASC)"},
    {"CREATE INDEX \"ix_c\" ON [ix] ([n] ASC)", "ix2", "CREATE INDEX `ix_c` ON `ix2` (`n` ASC)",
     "CREATE INDEX `ix_c` ON `ix2` (`n` ASC)"},
    {"CREATE UNIQUE INDEX `idx_tags_name` ON `labels` (`name`)", "LABELS",
     "CREATE UNIQUE INDEX `idx_tags_name` ON `LABELS` (`name`)",
     "CREATE UNIQUE INDEX `idx_tags_name` ON `LABELS` (`name`)"},
    {"create index i2 on refused (a b c)", "refused", "", "CREATE INDEX `i2` ON `refused` (a b c)"},
    {"CREATE INDEX `i` ON `posts` (`status`, `publishedAt`)", "posts", "",
     "CREATE INDEX `i` ON `posts` (\n  `status`,\n  `publishedAt`\n)"},
    // What else the grammar takes.
    {"\n create\tindex 'i' on 't'(  'a'desc , json_extract(b, '$.x,y') ) ignored where x", "t", "",
     "CREATE INDEX `i` ON `t` (\n  `a` DESC,\n  json_extract(b, '$.x,y')\n)"},
    {"create index i on t (lower(a) collate \"rtrim\" asc) WHERE  a > ')' ", "t", "",
     "CREATE INDEX `i` ON `t` (lower(a) COLLATE rtrim ASC) WHERE a > ')'"},
    {"create index i on t (`desc`)", "t", "", "CREATE INDEX `i` ON `t` (`desc`)"},
    {"create index i on t (desc)", "t", "", "CREATE INDEX `i` ON `t` (`desc`)"},
    {"create index i on t (collate nocase)", "t", "", "CREATE INDEX `i` ON `t` (collate nocase)"},
    {"create index if not exists i on t (é)", "t", "",
     "CREATE INDEX IF NOT EXISTS `i` ON `t` (`é`)"},
    {"nonsense", "t", "", ""},
    {"", "t", "", ""},
    {"create index  `` on refused (id)", "refused", "", ""},
    {"create index on t (id)", "t", "", ""},
    {"create index i1 on refused ()", "refused", "", ""},
    {"create index i1 on refused (a,)", "refused", "", ""},
    {"create index i1 on refused (a", "refused", "", ""},
    {"create index i1 on refused ('a)", "refused", "", ""},
    {"create index i1 on (a)", "refused", "", ""},
    {"create unique i1 on t (a)", "t", "", ""},
    {"create index if exists i1 on t (a)", "t", "", ""},
};

TEST(TableDdl, WritesIndexesAsThePeerDoes) {
  for (const IndexCase& test : kIndexes) {
    EXPECT_EQ(CanonicalIndex(test.sql, test.table), test.canonical) << test.sql;
    EXPECT_EQ(StoredIndex(test.sql, test.table), test.stored.empty() ? test.sql : test.stored)
        << test.sql;
    EXPECT_EQ(CanonicalIndex(test.canonical, test.table), test.canonical);
  }
}

TEST(TableDdl, RunsIndexesOnSqlite) {
  Database database;
  const Collection collection = AllTypes();
  ASSERT_EQ(database.Run(CreateTable(collection, kSqlite)), "");
  for (std::string_view sql : {"create index a on x (title, num desc)",
                               "create unique index if not exists main.b on x (lower(title), id "
                               "collate nocase desc) where id != ''"}) {
    const std::string made = CreateIndex(sql, collection, kSqlite);
    EXPECT_EQ(database.Run(made), "") << made;
  }
  EXPECT_EQ(database.Sql("a"), "CREATE INDEX `a` ON `alltypes` (\n  `title`,\n  `num` DESC\n)");
  EXPECT_EQ(database.Run(DropIndex("a", kSqlite)), "");
  EXPECT_EQ(database.Run(DropIndex("none", kSqlite)), "");
  EXPECT_EQ(database.Sql("a"), "");
}

TEST(TableDdl, ReadsHostileIndexesInLinearTime) {
  std::string quotes = "create index i on t (";
  std::string commas = quotes;
  std::string parentheses = quotes;
  for (int i = 0; i < 100'000; ++i) {
    quotes += "`";
    commas += "a,";
    parentheses += "(";
  }
  for (const std::string& sql : {quotes, commas, parentheses})
    EXPECT_EQ(CanonicalIndex(sql, "t"), "");
}

TEST(TableDdl, CreatesTheViewsOfThePeer) {
  const std::string query =
      "select id, a, count(id) as total, cast(b as int) as bi, s from ev group by id";
  EXPECT_EQ(CreateView("evv", query, {"id", "a", "total", "bi", "s"}, false, kSqlite),
            "CREATE VIEW `evv` AS SELECT * FROM (" + query + ")");
  const std::string numbered =
      "select (ROW_NUMBER() OVER()) as id, aa as name, count(*) as c, max(aa) as mx, ixt.id as rid "
      "from ixt group by aa";
  const std::string made =
      CreateView("vnum", numbered, {"id", "name", "c", "mx", "rid"}, true, kSqlite);
  EXPECT_EQ(made,
            "CREATE VIEW `vnum` AS SELECT * FROM (SELECT CAST(`id` as TEXT) "
            "`id`,`name`,`c`,`mx`,`rid` FROM (" +
                numbered + "))");
  Database database;
  ASSERT_EQ(database.Run("CREATE TABLE ixt (id TEXT, aa TEXT); INSERT INTO ixt VALUES ('x', 'y')"),
            "");
  EXPECT_EQ(database.Run(made), "");
  EXPECT_EQ(database.Sql("vnum"), made);
  EXPECT_EQ(database.Ask("SELECT typeof(id) || id FROM vnum"), Strings{"text1"});
  EXPECT_EQ(database.Ask("SELECT type FROM pragma_table_info('vnum') WHERE name = 'id'"),
            Strings{"TEXT"});
  EXPECT_EQ(database.Run(DropView("vnum", kSqlite)), "");
  EXPECT_EQ(database.Sql("vnum"), "");
}

TEST(AlterTable, DoesNothingWhereNothingChanged) {
  Collection before = AllTypes();
  Collection after = before;
  after.list_rule = "";
  EXPECT_TRUE(AlterTable(before, after, kSqlite, Suffixes()).empty());
  after.fields[1].options_json = "{}";
  EXPECT_TRUE(AlterTable(before, after, kSqlite, Suffixes()).empty());
  before.indexes.push_back(*ParseIndex("create index i on alltypes (title)"));
  after.indexes = before.indexes;
  const TableChange change = AlterTable(before, after, kSqlite, Suffixes());
  EXPECT_EQ(Texts(change.steps), Strings{"DROP INDEX IF EXISTS `i`"});
  EXPECT_EQ(Texts(change.indexes), Strings{"CREATE INDEX `i` ON `alltypes` (`title`)"});
}

class AlterTableRun : public testing::Test {
 protected:
  // Made with rows; `rows` names its columns.
  void Make(Collection collection, const std::string& rows) {
    before_ = std::move(collection);
    ASSERT_EQ(database_.Run(CreateTable(before_, kSqlite)), "");
    for (const Index& index : before_.indexes)
      ASSERT_EQ(database_.Run(CreateIndex(index.sql, before_, kSqlite)), "");
    ASSERT_EQ(database_.Run("INSERT INTO `" + before_.name + "` " + rows), "");
  }

  TableChange Change(const Collection& after) {
    const TableChange change = AlterTable(before_, after, kSqlite, Suffixes());
    database_.RunAll(change.steps);
    database_.RunAll(change.conversions);
    database_.RunAll(change.indexes);
    return change;
  }

  Database database_;
  Collection before_;
};

TEST_F(AlterTableRun, SwapsNames) {
  Make(MakeCollection("ev", {Text("id"), Text("a"), Text("b")}, {"create index ia on ev (a)"}),
       "(id, a, b) VALUES ('1', 'x', 'y')");
  Collection after = MakeCollection("ev", before_.fields, {"create index ia on ev (a)"});
  std::swap(after.fields[1].name, after.fields[2].name);
  const TableChange change = Change(after);
  EXPECT_EQ(Texts(change.steps),
            (Strings{"DROP INDEX IF EXISTS `ia`", "ALTER TABLE `ev` RENAME COLUMN `a` TO `b00001`",
                     "ALTER TABLE `ev` RENAME COLUMN `b` TO `a00002`",
                     "ALTER TABLE `ev` RENAME COLUMN `b00001` TO `b`",
                     "ALTER TABLE `ev` RENAME COLUMN `a00002` TO `a`"}));
  EXPECT_TRUE(change.conversions.empty());
  EXPECT_EQ(
      database_.Sql("ev"),
      std::string(
          "CREATE TABLE `ev` (\"b\" TEXT DEFAULT '' NOT NULL, \"a\" TEXT DEFAULT '' NOT NULL, ") +
          kId + ")");
  EXPECT_EQ(database_.Ask("SELECT a || b FROM ev"), Strings{"yx"});
}

TEST_F(AlterTableRun, RenamesByCaseAndInCircles) {
  Make(MakeCollection("ev", {Text("id"), Text("a"), Text("b"), Text("c")}),
       "(id, a, b, c) VALUES ('1', 'x', 'y', 'z')");
  Collection after = before_;
  after.fields[1].name = "b";
  after.fields[2].name = "c";
  after.fields[3].name = "A";
  Change(after);
  EXPECT_EQ(database_.Ask("SELECT b || c || a FROM ev"), Strings{"xyz"});
  EXPECT_EQ(database_.Ask("SELECT name FROM pragma_table_info('ev') ORDER BY cid"),
            (Strings{"b", "c", "A", "id"}));
}

TEST_F(AlterTableRun, RenamesTheTableInItsViews) {
  Make(MakeCollection("ev", {Text("id"), Text("a")}), "(id, a) VALUES ('1', 'x')");
  ASSERT_EQ(database_.Run(
                CreateView("evv", "select id, a from ev group by id", {"id", "a"}, false, kSqlite)),
            "");
  Collection after = before_;
  after.name = "Ev2";
  EXPECT_EQ(Texts(Change(after).steps), Strings{"ALTER TABLE `ev` RENAME TO `Ev2`"});
  EXPECT_EQ(database_.Sql("evv"),
            "CREATE VIEW `evv` AS SELECT * FROM (select id, a from \"Ev2\" group by id)");
  // By case only, it keeps its spelling.
  before_ = after;
  after.name = "EV2";
  EXPECT_TRUE(Change(after).steps.empty());
  EXPECT_EQ(database_.Ask("SELECT name FROM sqlite_master WHERE type = 'table'"), Strings{"Ev2"});
}

TEST_F(AlterTableRun, AddsAndDropsColumns) {
  Make(MakeCollection("t", {Text("id"), Text("a"), Text("b")}, {"create index ib on t (b)"}),
       "(id, a, b) VALUES ('1', 'x', 'y')");
  // `a` is another field now: its values are gone.
  Field again = Text("a");
  again.id = "new";
  const TableChange change =
      Change(MakeCollection("t", {before_.fields[0], again, MakeField("n", FieldType::kNumber),
                                  MakeField("many", FieldType::kSelect, 2)}));
  EXPECT_EQ(Texts(change.steps),
            (Strings{"DROP INDEX IF EXISTS `ib`", "ALTER TABLE `t` DROP COLUMN `a`",
                     "ALTER TABLE `t` DROP COLUMN `b`",
                     "ALTER TABLE `t` ADD `a00001` TEXT DEFAULT '' NOT NULL",
                     "ALTER TABLE `t` ADD `n00002` NUMERIC DEFAULT 0 NOT NULL",
                     "ALTER TABLE `t` ADD `many00003` JSON DEFAULT '[]' NOT NULL",
                     "ALTER TABLE `t` RENAME COLUMN `a00001` TO `a`",
                     "ALTER TABLE `t` RENAME COLUMN `n00002` TO `n`",
                     "ALTER TABLE `t` RENAME COLUMN `many00003` TO `many`"}));
  EXPECT_EQ(change.steps[1].failure, "failed to drop column a");
  // The text that a table of the peer's has after the same change.
  EXPECT_EQ(database_.Sql("t"), std::string("CREATE TABLE `t` (") + kId +
                                    ", \"a\" TEXT DEFAULT '' NOT NULL, \"n\" NUMERIC DEFAULT 0 NOT "
                                    "NULL, `many` JSON DEFAULT '[]' NOT NULL)");
  EXPECT_EQ(database_.Ask("SELECT a || '|' || n || '|' || many FROM t"), Strings{"|0|[]"});
}

TEST_F(AlterTableRun, CannotDropWhatAViewUses) {
  Make(MakeCollection("ev", {Text("id"), Text("b")}), "(id) VALUES ('1')");
  ASSERT_EQ(database_.Run("CREATE VIEW evv AS SELECT * FROM (select id, b from ev)"), "");
  const TableChange change =
      AlterTable(before_, MakeCollection("ev", {before_.fields[0]}), kSqlite, Suffixes());
  ASSERT_EQ(change.steps.size(), 1U);
  EXPECT_EQ(change.steps[0].failure + " - " + database_.Run(change.steps[0].sql),
            "failed to drop column b - error in view evv after drop column: no such column: b");
}

struct ConversionCase {
  std::string_view old_value;  // an SQL literal
  std::string_view want;
};

TEST_F(AlterTableRun, MakesListsOfSingleValues) {
  constexpr ConversionCase kCases[] = {
      {"''", "[]"},
      {"NULL", "[]"},
      {"'x'", R"(["x"])"},
      {R"('["q","w"]')", R"(["q","w"])"},
      {"'[]'", "[]"},
      {"' [ 1 ]'", " [ 1 ]"},
      {"'[bad'", R"(["[bad"])"},
      {R"('{"a":1}')", R"(["{\"a\":1}"])"},
      {"'\"x\"'", R"(["\"x\""])"},
      {"'null'", R"(["null"])"},
      {"' '", R"([" "])"},
      {"'a\"\\é'", R"(["a\"\\é"])"},
      {"12", R"(["12"])"},
      {"x'61'", R"(["a"])"},
      {"'<&>'", R"(["<&>"])"},
  };
  Make(MakeCollection("ev", {Text("id"), MakeField("s", FieldType::kSelect, 1)}),
       "(id) VALUES ('0')");
  // A legacy column may hold NULL (S-114).
  ASSERT_EQ(
      database_.Run("DROP TABLE ev; CREATE TABLE ev (id TEXT PRIMARY KEY, s TEXT DEFAULT '')"), "");
  Strings want;
  for (const ConversionCase& test : kCases) {
    ASSERT_EQ(database_.Run("INSERT INTO ev VALUES (" + std::to_string(want.size()) + ", " +
                            std::string(test.old_value) + ")"),
              "");
    want.emplace_back(test.want);
  }
  Collection after = before_;
  after.fields[1].max_select = 2;
  const TableChange change = Change(after);
  EXPECT_TRUE(change.steps.empty());
  ASSERT_EQ(change.conversions.size(), 4U);
  EXPECT_EQ(change.conversions[0].sql, "ALTER TABLE `ev` RENAME COLUMN `s` TO `_s00001`");
  EXPECT_EQ(change.conversions[1].sql, "ALTER TABLE `ev` ADD `s` JSON DEFAULT '[]' NOT NULL");
  EXPECT_EQ(change.conversions[3].sql, "ALTER TABLE `ev` DROP COLUMN `_s00001`");
  EXPECT_EQ(database_.Ask("SELECT s FROM ev ORDER BY rowid"), want);
}

TEST_F(AlterTableRun, TakesTheLastOfLists) {
  constexpr ConversionCase kCases[] = {
      {R"('["x","z"]')", "z"},
      {"'[]'", ""},
      {"'plain'", "plain"},
      {"NULL", ""},
      {"''", ""},
      {"'[ ]'", ""},
      {R"('["a",""]')", ""},
      {R"('["a",null]')", ""},
      {R"('["a",5]')", "5"},
      {R"('[["b"]]')", R"(["b"])"},
      {"'[bad'", "[bad"},
      {"'null'", "null"},
      {"7", "7"},
      {R"('{"a":[1]}')", R"({"a":[1]})"},
      {R"('["\u003cé"]')", "<é"},
      {"x'5b2261225d'", "a"},
  };
  Make(MakeCollection("ev", {Text("id"), MakeField("s", FieldType::kFile, 5)}),
       "(id) VALUES ('0')");
  ASSERT_EQ(database_.Run("DROP TABLE ev; CREATE TABLE ev (id TEXT PRIMARY KEY, s JSON)"), "");
  Strings want;
  for (const ConversionCase& test : kCases) {
    ASSERT_EQ(database_.Run("INSERT INTO ev VALUES (" + std::to_string(want.size()) + ", " +
                            std::string(test.old_value) + ")"),
              "");
    want.emplace_back(test.want);
  }
  Collection after = before_;
  after.fields[1].max_select = 1;
  Change(after);
  EXPECT_EQ(database_.Ask("SELECT s FROM ev ORDER BY rowid"), want);
  EXPECT_EQ(database_.Ask("SELECT DISTINCT typeof(s) FROM ev"), Strings{"text"});
}

TEST_F(AlterTableRun, ConvertsWhatItRenames) {
  Make(MakeCollection("t",
                      {Text("id"), MakeField("one", FieldType::kRelation),
                       MakeField("many", FieldType::kRelation, 5)},
                      {"create index i1 on t (one)"}),
       "(id, one, many) VALUES ('1', 'x', '[\"y\",\"z\"]')");
  Collection after = MakeCollection("u", before_.fields, {"create index i1 on u (many)"});
  after.fields[1].name = "many";
  after.fields[1].max_select = 2;
  after.fields[2].name = "one";
  after.fields[2].max_select = 0;
  Change(after);
  EXPECT_EQ(database_.Ask("SELECT one || many FROM u"), Strings{"z[\"x\"]"});
  EXPECT_EQ(database_.Sql("i1"), "CREATE INDEX `i1` ON `u` (`many`)");
}

TEST(PostgresDdl, HasTypesAndNamesOfItsOwn) {
  const Collection collection = MakeCollection(
      "posts", {Text("id"), MakeField("pinned", FieldType::kBool),
                MakeField("views", FieldType::kNumber), MakeField("tags", FieldType::kRelation, 3),
                MakeField("meta", FieldType::kJson), Text("publishedAt")});
  EXPECT_EQ(CreateTable(collection, kPostgres),
            "CREATE TABLE \"posts\" (\"id\" text COLLATE \"C\" PRIMARY KEY DEFAULT "
            "('r'||substr(replace(gen_random_uuid()::text,'-',''),1,14)) NOT NULL, "
            "\"meta\" text COLLATE \"C\" DEFAULT NULL, \"pinned\" smallint DEFAULT 0 NOT NULL, "
            "\"publishedAt\" text COLLATE \"C\" DEFAULT '' NOT NULL, \"tags\" text COLLATE \"C\" "
            "DEFAULT '[]' NOT NULL, "
            "\"views\" double precision DEFAULT 0 NOT NULL, \"_rowid_\" bigint GENERATED BY "
            "DEFAULT AS IDENTITY UNIQUE)");
  const std::pair<std::string_view, std::string_view> indexes[] = {
      {"create unique index if not exists main.`i` on x (`publishedat` desc, views) where [views] "
       "!= \"\" and lower(PUBLISHEDAT) == 'publishedAt'",
       "CREATE UNIQUE INDEX IF NOT EXISTS \"i\" ON \"posts\" (\"publishedAt\" DESC NULLS LAST, "
       "\"views\" ASC NULLS FIRST) "
       "WHERE \"views\" != '' and lower(\"publishedAt\") = 'publishedAt'"},
      {"create index i on x (lower(publishedAt), publishedAt collate nocase)",
       "CREATE INDEX \"i\" ON \"posts\" ((lower(\"publishedAt\")) ASC NULLS FIRST, "
       "lower(\"publishedAt\" COLLATE \"C\") ASC NULLS FIRST)"},
      {"nonsense", ""},
  };
  for (const auto& [sql, want] : indexes) EXPECT_EQ(CreateIndex(sql, collection, kPostgres), want);
  EXPECT_EQ(CreateView("v", "select 1 as id", {"id", "n"}, true, kPostgres),
            "CREATE VIEW \"v\" AS SELECT * FROM (SELECT CAST(\"id\" AS text) AS \"id\",\"n\" FROM "
            "(select 1 as id) AS "
            "\"view_query\") AS \"view_rows\"");
  EXPECT_EQ(DropIndex("a\"b", kPostgres), "DROP INDEX IF EXISTS \"a\"\"b\"");
  // Names have case there.
  Collection after = collection;
  after.name = "Posts";
  EXPECT_EQ(Texts(AlterTable(collection, after, kPostgres, Suffixes()).steps),
            Strings{"ALTER TABLE \"posts\" RENAME TO \"Posts\""});
}

}  // namespace
}  // namespace sluice
