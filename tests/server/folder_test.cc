// A fresh folder against what S-12 to S-26 say, and against one that the peer
// made (tests/conformance/fixtures).
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/folder/make_folder.h"
#include "tools/server/settings/save.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::folder {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using Row = std::vector<std::string>;

constexpr char kFixture[] = SLUICE_SOURCE_DIR "/tests/conformance/fixtures/blog/data.db";

class FolderTest : public testing::Test {
 protected:
  FolderTest() {
    std::string name = (fs::temp_directory_path() / "sluice_folder_XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  ~FolderTest() override { fs::remove_all(root_); }

  std::string Place(const std::string& name) const { return root_ + "/" + name; }

  static std::vector<Row> Ask(const std::string& database, const std::string& query) {
    auto connection = store::Connection::Open(database, {});
    EXPECT_TRUE(connection.ok()) << connection.status();
    auto statement = (*connection)->Prepare(query);
    EXPECT_TRUE(statement.ok()) << statement.status();
    const store::StatementUse use(*statement);
    std::vector<Row> rows;
    while (use->Step().value_or(false)) {
      Row row;
      for (int i = 0; i < use->column_count(); ++i) {
        const ValueView value = use->Column(i);
        row.push_back(value.is_null()                           ? "NULL"
                      : value.storage == StorageClass::kInteger ? std::to_string(value.integer)
                                                                : std::string(value.text));
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

  // The fixture is read-only; SQLite wants to write beside it.
  std::string Fixture() {
    const std::string copy = Place("fixture.db");
    fs::copy_file(kFixture, copy);
    fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write);
    return copy;
  }

  std::string Made() {
    const std::string place = Place("made");
    const auto made = EnsureFolder(place, {});
    EXPECT_TRUE(made.ok() && *made) << made.status();
    return place + "/data.db";
  }

  std::string root_;
};

TEST_F(FolderTest, SystemTablesAreThePeersByteForByte) {
  const std::string query =
      "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE (tbl_name LIKE '\\_%' ESCAPE '\\' "
      "OR name LIKE '%\\_pb\\_users\\_auth\\_' ESCAPE '\\') "
      "ORDER BY name";
  const auto made = Ask(Made(), query);
  EXPECT_EQ(made, Ask(Fixture(), query));
  EXPECT_GE(made.size(), 25);
}

TEST_F(FolderTest, UsersAreAsInTheSpecification) {
  EXPECT_THAT(
      Ask(Made(), "SELECT sql FROM sqlite_master WHERE name = 'users'"),
      ElementsAre(
          Row{"CREATE TABLE `users` (`avatar` TEXT DEFAULT '' NOT NULL, `created` TEXT DEFAULT '' "
              "NOT NULL, `email` TEXT DEFAULT '' NOT "
              "NULL, `emailVisibility` BOOLEAN DEFAULT FALSE NOT NULL, `id` TEXT PRIMARY KEY "
              "DEFAULT ('r'||lower(hex(randomblob(7)))) "
              "NOT NULL, `name` TEXT DEFAULT '' NOT NULL, `password` TEXT DEFAULT '' NOT NULL, "
              "`tokenKey` TEXT DEFAULT '' NOT NULL, "
              "`updated` TEXT DEFAULT '' NOT NULL, `verified` BOOLEAN DEFAULT FALSE NOT NULL)"}));
}

// All columns but times and options.
TEST_F(FolderTest, SystemCollectionsAreThePeersByteForByte) {
  const std::string query =
      "SELECT id, system, type, name, fields, indexes, listRule, viewRule, createRule, updateRule, "
      "deleteRule FROM _collections WHERE system "
      "ORDER BY name";
  const auto made = Ask(Made(), query);
  EXPECT_EQ(made, Ask(Fixture(), query));
  EXPECT_EQ(made.size(), 5);
}

TEST_F(FolderTest, CollectionsHaveTheirOrderAndTimes) {
  const std::string data = Made();
  EXPECT_THAT(Ask(data, "SELECT name FROM _collections ORDER BY _rowid_"),
              ElementsAre(Row{"_mfas"}, Row{"_otps"}, Row{"_externalAuths"}, Row{"_authOrigins"},
                          Row{"_superusers"}, Row{"users"}));
  EXPECT_THAT(
      Ask(data,
          "SELECT DISTINCT created = updated, created GLOB '20[0-9][0-9]-[01][0-9]-[0-3][0-9] "
          "[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z' "
          "FROM _collections"),
      ElementsAre(Row{"1", "1"}));
  EXPECT_THAT(Ask(data,
                  "SELECT system, listRule, viewRule, createRule, updateRule, deleteRule FROM "
                  "_collections WHERE name = 'users'"),
              ElementsAre(Row{"0", "id = @request.auth.id", "id = @request.auth.id", "",
                              "id = @request.auth.id", "id = @request.auth.id"}));
  EXPECT_THAT(Ask(data,
                  "SELECT json_extract(value, '$.name') || json_extract(value, '$.system') FROM "
                  "_collections, json_each(fields) "
                  "WHERE _collections.name = 'users'"),
              ElementsAre(Row{"id1"}, Row{"password1"}, Row{"tokenKey1"}, Row{"email1"},
                          Row{"emailVisibility1"}, Row{"verified1"}, Row{"name0"}, Row{"avatar0"},
                          Row{"created0"}, Row{"updated0"}));
}

// Replaces what a folder has of its own: secrets and mail texts.
void Blank(boost::json::value& value) {
  if (value.is_array()) {
    for (auto& item : value.get_array()) Blank(item);
  }
  if (!value.is_object()) return;
  for (auto& member : value.get_object()) {
    const bool own =
        member.key() == "secret" || member.key() == "subject" || member.key() == "body";
    if (own) {
      EXPECT_TRUE(member.value().is_string() && !member.value().get_string().empty())
          << member.key();
      member.value() = "";
    }
    Blank(member.value());
  }
}

std::string Blanked(const std::string& json) {
  boost::json::value value = boost::json::parse(json);
  Blank(value);
  return boost::json::serialize(value);
}

TEST_F(FolderTest, AuthOptionsHaveThePeersShape) {
  const std::string data = Made();
  const std::string ours =
      Ask(data, "SELECT options FROM _collections WHERE name = '_superusers'")[0][0];
  EXPECT_EQ(
      Blanked(ours),
      Blanked(Ask(Fixture(), "SELECT options FROM _collections WHERE name = '_superusers'")[0][0]));
  for (const char* part : {"{APP_URL}/_/#/auth/confirm-verification/{TOKEN}",
                           "{APP_URL}/_/#/auth/confirm-password-reset/{TOKEN}",
                           "{APP_URL}/_/#/auth/confirm-email-change/{TOKEN}", "{OTP}",
                           "{ALERT_INFO}", "{APP_NAME}", "\\u003cp\\u003e"}) {
    EXPECT_THAT(ours, HasSubstr(part));
  }
  EXPECT_THAT(ours, testing::Not(HasSubstr("<")));
  EXPECT_THAT(Ask(data,
                  "SELECT json_extract(options, '$.authToken.duration'), json_extract(options, "
                  "'$.oauth2.mappedFields.name'), "
                  "json_extract(options, '$.oauth2.mappedFields.avatarURL') FROM _collections "
                  "WHERE type = 'auth' ORDER BY name"),
              ElementsAre(Row{"86400", "", ""}, Row{"432000", "name", "avatar"}));
  // Ten secrets of fifty letters and digits, none twice.
  EXPECT_THAT(Ask(data,
                  "SELECT count(DISTINCT value), min(length(value)), max(length(value)) FROM "
                  "_collections, json_tree(options) "
                  "WHERE _collections.type = 'auth' AND key = 'secret'"),
              ElementsAre(Row{"10", "50", "50"}));
}

TEST_F(FolderTest, MigrationsAndSettings) {
  const std::string data = Made();
  const std::string fixture = Fixture();
  EXPECT_EQ(Ask(data, "SELECT file FROM _migrations ORDER BY _rowid_"),
            Ask(fixture, "SELECT file FROM _migrations ORDER BY _rowid_"));
  EXPECT_THAT(
      Ask(data, "SELECT count(*), min(length(applied)), max(length(applied)) FROM _migrations"),
      ElementsAre(Row{"8", "16", "16"}));
  // The fixture renamed itself and allows batches.
  const std::string query =
      "SELECT id, typeof(value), json_remove(CAST(value AS TEXT), '$.meta.appName', '$.batch') "
      "FROM _params";
  EXPECT_EQ(Ask(data, query), Ask(fixture, query));
  EXPECT_THAT(Ask(data,
                  "SELECT json_extract(CAST(value AS TEXT), '$.meta.appName'), "
                  "json_extract(CAST(value AS TEXT), '$.batch') FROM _params"),
              ElementsAre(Row{
                  "Acme", R"({"enabled":false,"maxRequests":50,"timeout":3,"maxBodySize":0})"}));
}

TEST_F(FolderTest, LogsAreInTheirOwnDatabase) {
  Made();
  const auto rows = Ask(Place("made/auxiliary.db"),
                        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name");
  ASSERT_EQ(rows.size(), 4);
  EXPECT_EQ(rows[0][0], "_logs");
  EXPECT_EQ(
      rows[1][1],
      "CREATE INDEX idx_logs_created_hour on `_logs` (strftime('%Y-%m-%d %H:00:00', `created`))");
  EXPECT_THAT(
      Ask(Place("made/auxiliary.db"),
          "SELECT name, type, dflt_value FROM pragma_table_info('_logs')"),
      ElementsAre(Row{"id", "TEXT", "'r'||lower(hex(randomblob(7)))"}, Row{"level", "INTEGER", "0"},
                  Row{"message", "TEXT", "\"\""}, Row{"data", "JSON", "\"{}\""},
                  Row{"created", "TEXT", "strftime('%Y-%m-%d %H:%M:%fZ')"}));
}

TEST_F(FolderTest, IsCompleteWalAndLeavesNothingBeside) {
  const std::string data = Made();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(Place("made")))
    names.push_back(entry.path().filename().string());
  EXPECT_THAT(names, testing::UnorderedElementsAre("auxiliary.db", "data.db"));
  EXPECT_THAT(Ask(data, "PRAGMA journal_mode"), ElementsAre(Row{"wal"}));
  EXPECT_THAT(Ask(data, "PRAGMA integrity_check"), ElementsAre(Row{"ok"}));
  EXPECT_THAT(
      Ask(data, "SELECT user_version, page_size FROM pragma_user_version, pragma_page_size"),
      ElementsAre(Row{"0", "4096"}));
}

TEST_F(FolderTest, LoadsAsASnapshot) {
  const auto connection = store::Connection::Open(Made(), {});
  const auto snapshot = store::LoadSnapshot(**connection);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->schema->collections().size(), 6);
  EXPECT_EQ((*snapshot)->settings.meta.app_name, "Acme");
}

TEST_F(FolderTest, AFolderThatIsThereStaysAsItIs) {
  const std::string data = Made();
  const auto before = Ask(data, "SELECT options FROM _collections ORDER BY name");
  const auto again = EnsureFolder(Place("made"), {});
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(*again);
  EXPECT_EQ(Ask(data, "SELECT options FROM _collections ORDER BY name"), before);
}

TEST_F(FolderTest, LeavesOtherPeoplesFoldersAlone) {
  const auto touch = [](const std::string& path) { std::ofstream(path) << "x"; };
  fs::create_directories(Place("other"));
  touch(Place("other/thesis.txt"));
  EXPECT_THAT(std::string(EnsureFolder(Place("other"), {}).status().message()),
              HasSubstr("thesis.txt"));
  EXPECT_FALSE(fs::exists(Place("other/data.db")));

  fs::create_directories(Place("lost"));
  touch(Place("lost/data.db-wal"));
  EXPECT_THAT(std::string(EnsureFolder(Place("lost"), {}).status().message()),
              HasSubstr("data.db-wal"));

  touch(Place("file"));
  EXPECT_FALSE(EnsureFolder(Place("file"), {}).ok());

  fs::create_directories(Place("good/storage"));
  fs::create_directories(Place("good/.notify"));
  touch(Place("good/data.db.new-abcdefghij"));
  fs::last_write_time(Place("good/data.db.new-abcdefghij"),
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  const auto made = EnsureFolder(Place("good"), {});
  EXPECT_TRUE(made.ok() && *made) << made.status();
  EXPECT_FALSE(fs::exists(Place("good/data.db.new-abcdefghij"))) << "what a killed process left";
}

TEST_F(FolderTest, WithAKeyTheSettingsAreEncrypted) {
  const settings::SealKey key{"NAME", "0123456789abcdef0123456789abcdef"};
  ASSERT_TRUE(EnsureFolder(Place("sealed"), key).ok());
  EXPECT_THAT(Ask(Place("sealed/data.db"), "SELECT typeof(value) FROM _params"),
              ElementsAre(Row{"text"}));
  const auto connection = store::Connection::Open(Place("sealed/data.db"), {});
  EXPECT_FALSE(store::LoadSnapshot(**connection).ok());
  const auto snapshot = store::LoadSnapshot(**connection, settings::OpenerOf(key));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->settings.meta.app_name, "Acme");
}

TEST_F(FolderTest, TwoAtOnceMakeOne) {
  std::vector<std::thread> threads;
  std::atomic<int> made = 0;
  std::atomic<int> failed = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto result = EnsureFolder(Place("shared"), {});
      made += result.ok() && *result ? 1 : 0;
      failed += result.ok() ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(failed, 0);
  EXPECT_THAT(Ask(Place("shared/data.db"), "SELECT count(*) FROM _collections"),
              ElementsAre(Row{"6"}));
}

}  // namespace
}  // namespace sluice::folder
