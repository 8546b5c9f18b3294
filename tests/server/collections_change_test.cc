// Changes of collections on a real folder: what they do to the file, that a
// failing one does nothing, and that readers never see half of one. Runs under
// the thread sanitizer too.
#include <atomic>
#include <filesystem>
#include <stdlib.h>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sqlite3.h"

#include "tools/server/collections/change.h"
#include "tools/server/collections/meta.h"
#include "tools/server/folder/make_folder.h"
#include "tools/server/http/api_error.h"
#include "tools/server/store/collection_tables.h"

namespace sluice::collections {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class CollectionsChangeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name =
        (std::filesystem::temp_directory_path() / "sluice_collections_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    ASSERT_TRUE(folder::EnsureFolder(folder_ + "/data", {}).ok());
    folder_ += "/data";
    auto catalog = store::Catalog::Open(folder_, nullptr);
    ASSERT_TRUE(catalog.ok()) << std::string(AsStd(catalog.status().message()));
    catalog_ = *std::move(catalog);
    auto writer = store::Writer::Start(folder_ + "/data.db", {});
    ASSERT_TRUE(writer.ok());
    writer_ = *std::move(writer);
  }

  void TearDown() override {
    writer_.reset();
    catalog_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(std::filesystem::path(folder_).parent_path(), ignored);
  }

  Workplace place() { return {*catalog_, *writer_, folder_}; }

  static http::Request Json(std::string body) {
    http::Request request;
    request.headers.Add("Content-Type", "application/json");
    request.body = std::move(body);
    request.has_body = true;
    return request;
  }

  static std::string Answer(const StatusOr<std::string>& answer) {
    return answer.ok() ? *answer : http::ErrorResponse(answer.status()).body;
  }

  std::string Create(std::string body) {
    return Answer(CreateCollection(place(), Json(std::move(body)), ""));
  }
  std::string Update(std::string_view name, std::string body) {
    return Answer(UpdateCollection(place(), name, Json(std::move(body)), ""));
  }
  std::string Import(std::string body) {
    const Status status = ImportCollections(place(), Json(std::move(body)));
    return status.ok() ? "" : http::ErrorResponse(status).body;
  }

  // All of the first column, a line each.
  std::string Read(const std::string& sql) {
    sqlite3* database = nullptr;
    EXPECT_EQ(
        sqlite3_open_v2((folder_ + "/data.db").c_str(), &database, SQLITE_OPEN_READONLY, nullptr),
        SQLITE_OK);
    std::string text;
    const auto row = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) +=
          std::string(values[0] == nullptr ? "NULL" : values[0]) + "\n";
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), row, &text, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
    return text;
  }

  // Everything that a failing change must leave as it was.
  std::string State() {
    return Read(
        "SELECT quote(sql) FROM sqlite_master UNION ALL SELECT "
        "quote(id)||quote(name)||quote(fields)||quote(indexes)||quote(updated) FROM _collections");
  }

  std::string folder_;
  std::unique_ptr<store::Catalog> catalog_;
  std::unique_ptr<store::Writer> writer_;
};

TEST_F(CollectionsChangeTest, MakesTheTableThatThePeerMakes) {
  EXPECT_THAT(
      Create(
          R"j({"name":"small","fields":[{"name":"t","type":"text"},{"name":"f","type":"file","maxSize":100}],"indexes":["create index i1 on small (t, f desc)"]})j"),
      StartsWith(R"({"id":"pbc_3187889400")"));
  EXPECT_EQ(Read("SELECT sql FROM sqlite_master WHERE tbl_name = 'small' AND sql IS NOT NULL ORDER "
                 "BY rowid"),
            "CREATE TABLE `small` (`f` TEXT DEFAULT '' NOT NULL, `id` TEXT PRIMARY KEY DEFAULT "
            "('r'||lower(hex(randomblob(7)))) NOT NULL, `t` TEXT DEFAULT '' NOT NULL)\n"
            "CREATE INDEX `i1` ON `small` (\n  `t`,\n  `f` DESC\n)\n");
  EXPECT_NE(catalog_->current()->schema->Find("SMALL"), nullptr);
}

// S-38: PRAGMA optimize, once the change is there.
TEST_F(CollectionsChangeTest, ANewIndexHasStatistics) {
  Create(R"({"name":"many","fields":[{"name":"t","type":"text"}]})");
  ASSERT_TRUE(
      writer_
          ->Run([](store::Connection& connection) {
            return connection.Execute(
                "INSERT INTO many (t) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + "
                "1 FROM n WHERE i < 500) SELECT i % 10 FROM n");
          })
          .ok());
  EXPECT_THAT(Update("many", R"j({"indexes":["create index many_t on many (t)"]})j"),
              HasSubstr("many_t"));
  EXPECT_EQ(Read("SELECT stat FROM sqlite_stat1 WHERE idx = 'many_t'"), "500 50\n");
}

TEST_F(CollectionsChangeTest, AFailingChangeLeavesFileAndSnapshot) {
  Create(R"({"name":"one","fields":[{"name":"a","type":"text"},{"name":"b","type":"text"}]})");
  Create(R"({"name":"seen","type":"view","viewQuery":"select id, b from one"})");
  const std::string before = State();
  const auto snapshot = catalog_->current();
  // The index fails after the column was added, the drop because of the view.
  EXPECT_THAT(
      Update(
          "one",
          R"j({"fields":[{"name":"a","type":"text"},{"name":"b","type":"text"},{"name":"c","type":"text"}],"indexes":["create index x on one (nope)"]})j"),
      HasSubstr("Failed to create index x - SQL logic error: no such column: nope (1)."));
  EXPECT_THAT(
      Update("one", R"({"fields":[{"name":"a","type":"text"}]})"),
      HasSubstr("Failed to update collection. Raw error: \\nfailed to drop column b - SQL logic "
                "error: error in view seen after drop column: no such column: b (1)."));
  EXPECT_THAT(
      Import(
          R"({"collections":[{"name":"two"},{"name":"three","listRule":"nope = 1"}],"deleteMissing":true})"),
      HasSubstr("three"));
  EXPECT_EQ(State(), before);
  EXPECT_EQ(catalog_->current(), snapshot);
}

TEST_F(CollectionsChangeTest, OldSnapshotsLiveOn) {
  Create(R"({"name":"old","listRule":""})");
  const auto snapshot = catalog_->current();
  EXPECT_TRUE(DeleteCollection(place(), "old").ok());
  EXPECT_EQ(catalog_->current()->schema->Find("old"), nullptr);
  ASSERT_NE(snapshot->schema->Find("old"), nullptr);
  EXPECT_TRUE(snapshot->RulesOf(*snapshot->schema->Find("old")).list.open());
}

TEST_F(CollectionsChangeTest, FormsLeaveRulesThatTheyDoNotName) {
  Create(R"({"name":"kept","listRule":"id != ''","createRule":null})");
  http::Request form;
  form.method = "PATCH";
  form.headers.Add("Content-Type", "application/x-www-form-urlencoded");
  form.body = "name=renamed&viewRule=";
  form.has_body = true;
  EXPECT_THAT(
      Answer(
          UpdateCollection(place(), "kept", form, "name,listRule,viewRule,createRule,deleteRule")),
      R"({"createRule":null,"deleteRule":null,"listRule":"id != ''","name":"renamed","viewRule":""})"
      "\n");
}

TEST_F(CollectionsChangeTest, SecretsStayAndChangeWhenTheyMust) {
  Create(R"({"name":"team","type":"auth"})");
  const auto secret = [this] {
    return Read("SELECT options->>'$.authToken.secret' FROM _collections WHERE name = 'team'");
  };
  const std::string first = secret();
  EXPECT_EQ(first.size(), 51U);
  Update("team", R"({"authToken":{"duration":1000}})");
  EXPECT_EQ(secret(), first);
  Update("team", R"({"authRule":"verified = true"})");
  EXPECT_NE(secret(), first);
}

TEST_F(CollectionsChangeTest, SwappedNamesKeepTheirValues) {
  Create(
      R"({"name":"swap","fields":[{"id":"fa","name":"a","type":"text"},{"id":"fb","name":"b","type":"text"}]})");
  ASSERT_TRUE(writer_
                  ->Run([](store::Connection& connection) {
                    return connection.Execute("INSERT INTO swap (id, a, b) VALUES ('x', 'A', 'B')");
                  })
                  .ok());
  Update(
      "swap",
      R"({"fields":[{"id":"fa","name":"b","type":"text"},{"id":"fb","name":"a","type":"text"}]})");
  EXPECT_EQ(Read("SELECT a || b FROM swap"), "BA\n");
}

struct Hostile {
  const char* query;
  const char* text;
};

constexpr Hostile kHostile[] = {
    {"select id from users; delete from users", "multiple statements are not supported"},
    {"select 1) ; drop table users; --", "multiple statements are not supported"},
    {"select load_extension('x') as id", "not authorized"},
    {"select LOAD_EXTENSION('x') as id", "not authorized"},
    {"select name as id from pragma_table_list", "not authorized"},
    {"attach 'x' as y", "syntax error"},
    {"pragma user_version", "no such table"},
    {"delete from users returning id", "syntax error"},
};

TEST_F(CollectionsChangeTest, ViewsOnlyRead) {
  const std::string before = State();
  for (const Hostile& hostile : kHostile) {
    const std::string body =
        std::string(R"({"name":"v","type":"view","viewQuery":")") + hostile.query + "\"}";
    EXPECT_THAT(Create(body), HasSubstr(hostile.text)) << hostile.query;
    EXPECT_NE(Import("{\"collections\":[" + body + "]}"), "") << hostile.query;
  }
  EXPECT_EQ(State(), before);
}

TEST_F(CollectionsChangeTest, IndexesCarryNoOtherStatement) {
  EXPECT_THAT(
      Create(R"({"name":"h","indexes":["create index a1 on h (id) where 1; drop table users"]})"),
      HasSubstr("multiple statements are not supported"));
  EXPECT_THAT(Create(R"j({"name":"h","indexes":["create index a1 on h ((select 1))"]})j"),
              HasSubstr("subqueries prohibited"));
  EXPECT_EQ(Read("SELECT count(*) FROM sqlite_master WHERE name = 'users'"), "1\n");
}

TEST_F(CollectionsChangeTest, ImportsCyclesAndRefusesWhatContradictsItself) {
  EXPECT_EQ(
      Import(
          R"({"collections":[{"id":"aa","name":"ca","fields":[{"name":"r","type":"relation","collectionId":"bb"}]},
                                      {"id":"bb","name":"cb","fields":[{"name":"r","type":"relation","collectionId":"aa"}]}]})"),
      "");
  const std::string before = State();
  for (const char* body : {R"([{"id":"dup","name":"d1"},{"id":"dup","name":"d2"}])",
                           R"([{"name":"d1"},{"name":"D1"}])",
                           R"([{"name":"d1","fields":[{"name":"x","type":"zzz"}]}])",
                           R"([{"name":"v","type":"view","viewQuery":"select id from v"}])",
                           R"([{"id":"aa","type":"view","viewQuery":"select id from cb"}])",
                           R"([{"id":"aa","type":"auth"},{"id":"bb","name":"ca"}])"}) {
    EXPECT_NE(Import(std::string("{\"collections\":") + body + "}"), "") << body;
    EXPECT_EQ(State(), before) << body;
  }
}

// Readers take a snapshot and a connection and must find the tables of the one
// in the other, or of a later one; nothing else may go wrong.
// As in the peer's fixture (tests/sdk/folder): imported over a new folder, with
// ids of its own for fields that are there.
TEST_F(CollectionsChangeTest, ImportedFieldsOfAKnownNameStayAsTheyAre) {
  EXPECT_EQ(Import(R"({"collections":[{"name":"users","fields":[
      {"id":"text_bio","name":"bio","type":"text"},
      {"id":"text_name","name":"name","type":"text","max":120}]}]})"),
            "");
  const std::string fields = " FROM _collections, json_each(fields) WHERE name = 'users'";
  EXPECT_THAT(Read("SELECT value->>'id'" + fields), StartsWith("text_bio\ntext1579384326\n"));
  EXPECT_EQ(Read("SELECT value->>'max'" + fields + " AND value->>'name' = 'name'"), "255\n");
  // Another type is another field, and two of a name cannot be.
  EXPECT_THAT(Import(R"({"collections":[{"name":"users","fields":[
      {"id":"number_name","name":"name","type":"number"}]}]})"),
              HasSubstr("Failed to import"));
}

TEST_F(CollectionsChangeTest, IndexesOfANewAuthCollectionCarryTheIdThatItGets) {
  EXPECT_EQ(Import(R"({"collections":[
      {"id":"c_bots","name":"bots","type":"auth","indexes":[]},
      {"id":"c_team","name":"team","type":"auth"}]})"),
            "");
  EXPECT_EQ(Read("SELECT name FROM sqlite_master WHERE tbl_name = 'bots' AND name LIKE 'idx_%' "
                 "ORDER BY name"),
            "idx_email_c_bots\nidx_tokenKey_c_bots\n");
  EXPECT_THAT(Read("SELECT name FROM sqlite_master WHERE tbl_name = 'team' AND name LIKE 'idx_%' "
                   "ORDER BY name"),
              StartsWith("idx_email_pbc_"));
}

TEST_F(CollectionsChangeTest, ReadersAreNeverDisturbed) {
  Create(R"({"name":"busy","listRule":"","fields":[{"name":"a","type":"text"}]})");
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 8; ++i) {
    readers.emplace_back([&] {
      auto connection = store::Connection::Open(folder_ + "/data.db", {});
      ASSERT_TRUE(connection.ok());
      while (!stop) {
        const auto snapshot = catalog_->current();
        const Collection* busy = snapshot->schema->Find("busy");
        ASSERT_NE(busy, nullptr);
        ASSERT_TRUE(snapshot->RulesOf(*busy).list.open());
        ASSERT_NE(busy->FindField("a"), nullptr);
        auto statement = (*connection)->Prepare("SELECT a FROM busy");
        ASSERT_TRUE(statement.ok());
        const store::StatementUse use(*statement);
        ASSERT_TRUE(use->Step().ok());
        ++reads;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    const std::string extra =
        i % 2 == 0 ? R"(,{"name":"b","type":"select","values":["x","y"],"maxSelect":2})" : "";
    EXPECT_THAT(Update("busy", R"({"fields":[{"name":"a","type":"text"})" + extra + "]}"),
                StartsWith("{\"id\""));
    EXPECT_THAT(Create(R"({"name":"other"})"), StartsWith("{\"id\""));
    EXPECT_TRUE(DeleteCollection(place(), "other").ok());
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(reads.load(), 0);
}

}  // namespace
}  // namespace sluice::collections
