// `_collections` and `_params` as they are found in folders (S-14 to S-24).
#include "tools/server/store/schema_catalog.h"

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/temp_database.h"

namespace sluice::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kCollections[] =
    "CREATE TABLE _collections (id TEXT PRIMARY KEY NOT NULL, system BOOLEAN DEFAULT FALSE NOT "
    "NULL, type TEXT DEFAULT 'base' "
    "NOT NULL, name TEXT UNIQUE NOT NULL, fields JSON DEFAULT '[]' NOT NULL, indexes JSON DEFAULT "
    "'[]' NOT NULL, listRule TEXT, "
    "viewRule TEXT, createRule TEXT, updateRule TEXT, deleteRule TEXT, options JSON DEFAULT '{}' "
    "NOT NULL, created TEXT DEFAULT "
    "'' NOT NULL, updated TEXT DEFAULT '' NOT NULL)";
constexpr char kParams[] =
    "CREATE TABLE _params (id TEXT PRIMARY KEY NOT NULL, value JSON, created TEXT, updated TEXT)";

StatusOr<std::shared_ptr<const Snapshot>> Load(std::vector<std::string> statements) {
  const TempDatabase folder(statements);
  const auto connection = folder.Open();
  return LoadSnapshot(*connection);
}

// Over the tables of a current folder.
StatusOr<std::shared_ptr<const Snapshot>> LoadWith(std::vector<std::string> statements) {
  statements.insert(statements.begin(), {kCollections, kParams});
  return Load(std::move(statements));
}

std::string MessageOf(const StatusOr<std::shared_ptr<const Snapshot>>& snapshot) {
  return snapshot.ok() ? "" : std::string(AsStd(snapshot.status().message()));
}

// ---- folders that cannot be served ----

TEST(LoadSnapshot, NamesAFolderThatIsNone) {
  EXPECT_THAT(MessageOf(Load({"CREATE TABLE t (a)"})), HasSubstr("no PocketBase data folder"));
  EXPECT_THAT(MessageOf(Load({})), HasSubstr("no PocketBase data folder"));
}

TEST(LoadSnapshot, TellsHowToUpgradeAnOldFolder) {
  const std::string with_schema =
      MessageOf(Load({"CREATE TABLE _collections (id, name, type, schema)"}));
  EXPECT_THAT(with_schema, HasSubstr("before 0.23"));
  EXPECT_THAT(with_schema, HasSubstr("start it once with PocketBase"));
  EXPECT_THAT(MessageOf(LoadWith({"CREATE TABLE _admins (id, email)"})), HasSubstr("before 0.23"));
}

TEST(LoadSnapshot, NamesTheFieldOfAnUnknownType) {
  const std::string message = MessageOf(LoadWith(
      {R"(INSERT INTO _collections (id, name, fields) VALUES ('c1', 'posts', '[{"name":"f","type":"vector"}]'))"}));
  EXPECT_THAT(message, HasSubstr("posts.f"));
  EXPECT_THAT(message, HasSubstr("\"vector\""));
}

TEST(LoadSnapshot, NamesTheCollectionWhoseJsonIsDamaged) {
  EXPECT_THAT(MessageOf(LoadWith(
                  {"INSERT INTO _collections (id, name, fields) VALUES ('c1', 'posts', '[{')"})),
              HasSubstr("fields of the collection posts"));
  EXPECT_THAT(MessageOf(LoadWith(
                  {"INSERT INTO _collections (id, name, indexes) VALUES ('c1', 'posts', 'x')"})),
              HasSubstr("indexes of the collection posts"));
  EXPECT_THAT(MessageOf(LoadWith(
                  {"INSERT INTO _collections (id, name, options) VALUES ('c1', 'posts', '')"})),
              HasSubstr("options of the collection posts"));
  EXPECT_THAT(MessageOf(LoadWith(
                  {"INSERT INTO _collections (id, name, fields) VALUES ('c1', 'posts', '[1]')"})),
              HasSubstr("posts"));
}

// ---- collections ----

// S-19: any order of keys, any of them missing.
TEST(LoadSnapshot, ReadsFields) {
  const auto snapshot = LoadWith(
      {R"sql(INSERT INTO _collections (id, system, type, name, fields, indexes, created, updated) VALUES ('c1', TRUE, 'auth', 'Users',
       '[{"type":"text","name":"id","id":"text1","primaryKey":true,"system":true},
         {"name":"tags","type":"relation","maxSelect":5,"collectionId":"c2","hidden":true},
         {"name":"one","type":"select","maxSelect":1},
         {"name":"none","type":"file","maxSelect":null},
         {"name":"neg","type":"file","maxSelect":-1},
         {"name":"real","type":"select","maxSelect":2.0},
         {"name":"place","type":"geoPoint","unknown":{"a":[1]}}]',
       '["CREATE UNIQUE INDEX i ON Users (one)","nonsense",7]', 'then', 'now'))sql"});
  ASSERT_TRUE(snapshot.ok()) << MessageOf(snapshot);
  const Collection* users = (*snapshot)->schema->Find("users");
  ASSERT_NE(users, nullptr);
  EXPECT_EQ(users->id, "c1");
  EXPECT_EQ(users->name, "Users");
  EXPECT_TRUE(users->system);
  EXPECT_TRUE(users->is_auth());
  EXPECT_EQ(users->created, "then");
  EXPECT_EQ(users->updated, "now");
  ASSERT_EQ(users->fields.size(), 7u);
  EXPECT_TRUE(users->fields[0].primary_key);
  EXPECT_TRUE(users->fields[0].system);
  EXPECT_FALSE(users->fields[0].hidden);
  EXPECT_EQ(users->fields[1].collection_id, "c2");
  EXPECT_TRUE(users->fields[1].hidden);
  EXPECT_TRUE(users->fields[1].multiple());
  EXPECT_FALSE(users->fields[2].multiple());
  EXPECT_FALSE(users->fields[3].multiple());
  EXPECT_FALSE(users->fields[4].multiple());
  EXPECT_TRUE(users->fields[5].multiple());
  EXPECT_EQ(users->fields[6].type, FieldType::kGeoPoint);
  ASSERT_EQ(users->indexes.size(), 1u);
  EXPECT_TRUE(users->HasUniqueIndexOn("one"));
}

TEST(LoadSnapshot, KeepsTheOrderOfTheRows) {
  const auto snapshot = LoadWith(
      {"INSERT INTO _collections (id, name) VALUES ('c3', 'b'), ('c1', 'c'), ('c2', 'a')"});
  ASSERT_TRUE(snapshot.ok()) << MessageOf(snapshot);
  std::vector<std::string> names;
  for (const auto& collection : (*snapshot)->schema->collections())
    names.push_back(collection->name);
  EXPECT_THAT(names, ElementsAre("b", "c", "a"));
}

TEST(LoadSnapshot, ParsesRules) {
  const auto snapshot =
      LoadWith({"INSERT INTO _collections (id, name, listRule, viewRule) VALUES ('c1', 'a', "
                "NULL, ''), ('c2', 'b', 'id = 1', 'id ='), "
                "('c3', 'c', '  ', '((id = 1)')",
                R"(INSERT INTO _collections (id, type, name, options) VALUES
          ('c4', 'auth', 'd', '{"authRule":"","manageRule":"id = 2","authToken":{"secret":"s4","duration":1}}'),
          ('c5', 'auth', 'e', '{"authRule":null,"manageRule":null}'),
          ('c6', 'view', 'f', '{"viewQuery":"SELECT 1"}'))"});
  ASSERT_TRUE(snapshot.ok()) << MessageOf(snapshot);
  const auto rules = [&](std::string_view name) -> const CollectionRules& {
    return (*snapshot)->RulesOf(*(*snapshot)->schema->Find(name));
  };
  EXPECT_TRUE(rules("a").list.locked);
  EXPECT_FALSE(rules("a").list.open());
  EXPECT_FALSE(rules("a").view.locked);
  EXPECT_TRUE(rules("a").view.open());
  EXPECT_TRUE(rules("b").list.ast.has_value());
  EXPECT_FALSE(rules("b").list.open());
  // F-113: an error that every request with this rule meets; never "open".
  for (const ParsedRule* rule : {&rules("b").view, &rules("c").list, &rules("c").view}) {
    EXPECT_FALSE(rule->error.ok());
    EXPECT_FALSE(rule->open());
    EXPECT_FALSE(rule->locked);
    EXPECT_FALSE(rule->ast.has_value());
  }
  EXPECT_TRUE(rules("d").manage.ast.has_value());
  EXPECT_TRUE(rules("e").manage.locked);
  EXPECT_EQ((*snapshot)->schema->Find("d")->auth_rule, RuleText(""));
  EXPECT_EQ((*snapshot)->schema->Find("e")->auth_rule, std::nullopt);
  EXPECT_EQ((*snapshot)->schema->Find("f")->view_query, "SELECT 1");
  EXPECT_EQ((*snapshot)->auth_token_secrets.at("c4"), "s4");
}

// F-36: what a view's columns compare as, shown by SQLite itself.
TEST(LoadSnapshot, ReadsTheAffinitiesOfViews) {
  const TempDatabase folder(
      {kCollections, kParams, "CREATE TABLE t (id TEXT, n NUMERIC, b BOOLEAN, j JSON)",
       "INSERT INTO t VALUES ('1', 1, 1, 1)",
       "CREATE VIEW v AS SELECT * FROM (SELECT id, n, b, j, n + 0 AS sum, count(*) AS total, "
       "lower(id) AS low, "
       "CAST(n AS TEXT) AS txt, CAST(id AS REAL) AS num, coalesce(id, '') AS co FROM t GROUP BY "
       "id)",
       R"(INSERT INTO _collections (id, type, name, fields) VALUES ('c1', 'view', 'v',
          '[{"name":"id","type":"text"},{"name":"n","type":"number"},{"name":"b","type":"bool"},{"name":"j","type":"json"},
            {"name":"sum","type":"json"},{"name":"total","type":"number"},{"name":"low","type":"json"},
            {"name":"txt","type":"text"},{"name":"num","type":"number"},{"name":"co","type":"json"},
            {"name":"gone","type":"text"}]'))"});
  const auto connection = folder.Open();
  const auto snapshot = LoadSnapshot(*connection);
  ASSERT_TRUE(snapshot.ok()) << MessageOf(snapshot);
  const Collection* view = (*snapshot)->schema->Find("v");
  for (const Field& field : view->fields) {
    if (field.name == "gone") {
      EXPECT_EQ(field.affinity(), Affinity::kNone);
      continue;
    }
    // A numeric column turns the text '1.0' into a number, a text column the
    // number 1 into a text; without affinity neither happens.
    const StatementUse use(*connection->Prepare("SELECT '1.0' = \"" + field.name + "\", typeof(\"" +
                                                field.name + "\"), 1 = \"" + field.name +
                                                "\" FROM v"));
    ASSERT_TRUE(*use->Step());
    const bool is_text = use->Column(1).text == "text";
    const Affinity shown =
        is_text ? (use->Column(2).integer != 0 ? Affinity::kText : Affinity::kNone)
                : (use->Column(0).integer != 0 ? Affinity::kNumeric : Affinity::kNone);
    EXPECT_EQ(static_cast<int>(field.affinity()), static_cast<int>(shown)) << field.name;
  }
}

TEST(LoadSnapshot, LoadsAViewWhoseTablesAreGone) {
  const auto snapshot = LoadWith({"CREATE VIEW v AS SELECT id FROM gone",
                                  R"(INSERT INTO _collections (id, type, name, fields) VALUES
                                     ('c1', 'view', 'v', '[{"name":"id","type":"text"}]'), ('c2', 'base', 'b', '[]'))"});
  ASSERT_TRUE(snapshot.ok()) << MessageOf(snapshot);
  EXPECT_EQ((*snapshot)->schema->Find("v")->fields[0].affinity(), Affinity::kNone);
  EXPECT_NE((*snapshot)->schema->Find("b"), nullptr);
}

// ---- settings ----

TEST(LoadSnapshot, ReadsSettingsStoredAsBlobOrText) {
  const std::string json =
      R"({"superuserIPs":["10.0.0.1","10.1.0.0/16"],"trustedProxy":{"headers":["X-Real-IP"],"useLeftmostIP":true}})";
  for (const std::string& value : {"CAST('" + json + "' AS BLOB)", "'" + json + "'"}) {
    const auto snapshot = LoadWith(
        {"INSERT INTO _params (id, value) VALUES ('other', '{'), ('settings', " + value + ")"});
    ASSERT_TRUE(snapshot.ok()) << MessageOf(snapshot);
    EXPECT_THAT((*snapshot)->settings.superuser_ips, ElementsAre("10.0.0.1", "10.1.0.0/16"));
    EXPECT_THAT((*snapshot)->settings.trusted_proxy.headers, ElementsAre("X-Real-IP"));
    EXPECT_TRUE((*snapshot)->settings.trusted_proxy.use_leftmost_ip);
  }
}

TEST(LoadSnapshot, DoesWithoutSettings) {
  const auto without_row = LoadWith({});
  ASSERT_TRUE(without_row.ok()) << MessageOf(without_row);
  EXPECT_THAT((*without_row)->settings.superuser_ips, IsEmpty());
  const auto without_table = Load({kCollections});
  ASSERT_TRUE(without_table.ok()) << MessageOf(without_table);
}

TEST(LoadSnapshot, TellsWhatToDoAboutEncryptedSettings) {
  for (std::string_view value : {"qx0w7T3aVb2kWm5t", "{\"superuserIPs\":[", ""}) {
    const std::string message = MessageOf(LoadWith(
        {"INSERT INTO _params (id, value) VALUES ('settings', '" + std::string(value) + "')"}));
    EXPECT_THAT(message, HasSubstr("encrypted")) << value;
    EXPECT_THAT(message, HasSubstr("damaged")) << value;
    EXPECT_THAT(message, HasSubstr("--encryptionEnv")) << value;
  }
}

// ---- the test for changes ----

TEST(CatalogFingerprint, DiffersWithEveryChangeThatMatters) {
  const TempDatabase folder({kCollections, kParams,
                             "INSERT INTO _collections (id, name) VALUES ('c1', 'a'), ('c2', 'b')",
                             "INSERT INTO _params (id, value) VALUES ('settings', '{}')"});
  const auto writer = folder.Open(Access::kWrite);
  const auto reader = folder.Open();
  const auto fingerprint = [&] {
    const StatusOr<std::string> text = CatalogFingerprint(*reader);
    EXPECT_TRUE(text.ok());
    return text.ok() ? *text : std::string();
  };
  std::vector<std::string> seen = {fingerprint()};
  EXPECT_EQ(fingerprint(), seen[0]);
  for (const char* change :
       {"UPDATE _collections SET listRule = '' WHERE id = 'c1'",
        "UPDATE _collections SET viewRule = '' WHERE id = 'c1'",
        "UPDATE _collections SET createRule = '' WHERE id = 'c1'",
        "UPDATE _collections SET updateRule = '' WHERE id = 'c1'",
        "UPDATE _collections SET deleteRule = '' WHERE id = 'c1'",
        "UPDATE _collections SET name = 'z' WHERE id = 'c1'",
        "UPDATE _collections SET type = 'auth' WHERE id = 'c1'",
        "UPDATE _collections SET fields = '[ ]' WHERE id = 'c1'",
        "UPDATE _collections SET indexes = '[ ]' WHERE id = 'c1'",
        "UPDATE _collections SET options = '{ }' WHERE id = 'c1'",
        "UPDATE _collections SET updated = 'x' WHERE id = 'c1'",
        "UPDATE _collections SET id = 'c9' WHERE id = 'c1'",
        "DELETE FROM _collections WHERE id = 'c2'",
        "INSERT INTO _collections (id, name) VALUES ('c3', 'c')",
        "UPDATE _params SET value = '{ }'", "UPDATE _params SET value = CAST('{ }' AS BLOB)",
        "DELETE FROM _params", "DELETE FROM _collections"}) {
    ASSERT_TRUE(writer->Execute(change).ok()) << change;
    const std::string now = fingerprint();
    EXPECT_THAT(seen, ::testing::Not(::testing::Contains(now))) << change;
    seen.push_back(now);
  }
}

TEST(CatalogFingerprint, IgnoresOtherRows) {
  const TempDatabase folder({kCollections, kParams, "CREATE TABLE t (a)"});
  const auto writer = folder.Open(Access::kWrite);
  const auto reader = folder.Open();
  const StatusOr<std::string> before = CatalogFingerprint(*reader);
  ASSERT_TRUE(before.ok());
  ASSERT_TRUE(
      writer->Execute("INSERT INTO t VALUES (1); INSERT INTO _params (id, value) VALUES ('x', '1')")
          .ok());
  EXPECT_EQ(*CatalogFingerprint(*reader), *before);
}

// ---- statistics ----

TEST(LoadSnapshot, HasTheStatisticsOfTables) {
  const auto snapshot =
      LoadWith({"CREATE TABLE posts (a, b)", "CREATE INDEX pab ON posts (a, b)",
                "INSERT INTO posts VALUES (1, 1), (1, 1), (1, 2), (2, 1)", "CREATE TABLE plain (a)",
                "INSERT INTO plain VALUES (1), (2)", "CREATE TABLE dropped (a)",
                "CREATE INDEX da ON dropped (a)", "INSERT INTO dropped VALUES (1)", "ANALYZE",
                "DROP TABLE dropped", "CREATE TABLE none (a)"});
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  const Statistics& statistics = *(*snapshot)->statistics;
  EXPECT_EQ(statistics.Rows("posts"), 4);
  EXPECT_EQ(statistics.RowsPerValue("posts", "pab"), 2);
  EXPECT_EQ(statistics.RowsPerValue("posts", "pab", 2), 2);
  EXPECT_EQ(statistics.Rows("plain"), 2);
  EXPECT_EQ(statistics.Rows("none"), std::nullopt);
  EXPECT_EQ(statistics.Rows("dropped"), std::nullopt);
}

TEST(LoadSnapshot, HasNoStatisticsBeforeTheFirstAnalyze) {
  const auto snapshot = LoadWith({"CREATE TABLE posts (a)", "INSERT INTO posts VALUES (1)"});
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_TRUE((*snapshot)->statistics->empty());
}

// Anybody may write into the table.
TEST(LoadSnapshot, IsNotStoppedByStatisticsThatAreNone) {
  const auto snapshot = LoadWith(
      {"CREATE TABLE posts (a)", "CREATE INDEX pa ON posts (a)", "INSERT INTO posts VALUES (1)",
       "ANALYZE", "DELETE FROM sqlite_stat1",
       "INSERT INTO sqlite_stat1 VALUES ('posts', 'pa', 'many'), (NULL, NULL, NULL), "
       "('posts', x'00ff', x'ff00'), (1, 2, 3), ('posts', 'pa', '-1 -1'), ('posts', 'pa', 10), "
       "('posts', 'pa', '99999999999999999999999 1'), ('POSTS', 'PA', '20 4 sz=1')"});
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->statistics->Rows("posts"), 20);
  EXPECT_EQ((*snapshot)->statistics->RowsPerValue("posts", "pa"), 4);
}

}  // namespace
}  // namespace sluice::store
