// Realtime, logs, crons, SQL and backups through the whole server, over sockets.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "boost/json/object.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/http_client.h"
#include "tools/server/app.h"
#include "tools/server/auth/token.h"
#include "tools/server/store/raw_sql.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RealtimeAppTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sluice-rt-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    folder_ = root_ / "pb_data";
    fs::copy(fs::path(SLUICE_SOURCE_DIR) / "tests/conformance/fixtures/blog", folder_,
             fs::copy_options::recursive);
    fs::permissions(folder_ / "data.db", fs::perms::owner_write, fs::perm_options::add);
    ServerConfig config;
    config.folder = folder_.string();
    config.port = 0;
    config.log_level = observe::LogLevel::kError;
    auto app = App::Start(config);
    ASSERT_TRUE(app.ok()) << app.status();
    app_ = *std::move(app);
  }
  void TearDown() override {
    app_.reset();
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  std::string TextOf(const std::string& sql) {
    const auto connection = store::Connection::Open((folder_ / "data.db").string(), {});
    if (!connection.ok()) return "";
    const auto result = store::RunSql(**connection, sql, 1);
    return result.ok() && !result->rows.empty() ? result->rows[0][0].value_or("") : "";
  }
  std::string Token(const std::string& collection, const std::string& id) {
    boost::json::object claims;
    claims["collectionId"] =
        TextOf("SELECT id FROM _collections WHERE name = '" + collection + "'");
    claims["exp"] = 4102444800;
    claims["id"] = id;
    claims["refreshable"] = true;
    claims["type"] = "auth";
    return auth::SignToken(
        claims,
        TextOf("SELECT tokenKey FROM " + collection + " WHERE id = '" + id + "'") +
            TextOf("SELECT options->'authToken'->>'secret' FROM _collections WHERE name = '" +
                   collection + "'"));
  }
  std::string RootToken() {
    return Token("_superusers", TextOf("SELECT id FROM _superusers LIMIT 1"));
  }

  // One request on a connection of its own.
  std::string Ask(const std::string& line, const std::string& body = "",
                  const std::string& token = "") {
    http::Client client(app_->port());
    std::string text = line + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
    if (!token.empty()) text += "Authorization: " + token + "\r\n";
    if (!body.empty()) {
      text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n";
    }
    client.Send(text + "\r\n" + body);
    return client.ReadToEnd();
  }
  // What comes until `wanted` is in it.
  static std::string Until(http::Client& client, const std::string& wanted) {
    std::string all;
    while (all.find(wanted) == std::string::npos) {
      const std::string more = client.TakeSome();
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  // A connected client; `id` is its.
  http::Client Connect(std::string& id) {
    http::Client client(app_->port());
    client.Send("GET /api/realtime HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string hello = Until(client, "\"}\n\n");
    EXPECT_THAT(hello, AllOf(HasSubstr("Content-Type: text/event-stream\r\n"),
                             HasSubstr("Cache-Control: no-store\r\n"),
                             HasSubstr("X-Accel-Buffering: no\r\n"),
                             HasSubstr("\nevent:PB_CONNECT\ndata:{\"clientId\":\"")));
    id = hello.substr(hello.find("id:") + 3, 40);
    return client;
  }
  std::string Subscribe(const std::string& id, const std::string& topics,
                        const std::string& token = "") {
    return Ask("POST /api/realtime",
               "{\"clientId\":\"" + id + "\",\"subscriptions\":[" + topics + "]}", token);
  }

  fs::path root_;
  fs::path folder_;
  std::unique_ptr<App> app_;
};

TEST_F(RealtimeAppTest, AWriteReachesWhoMaySeeIt) {
  std::string root_id;
  std::string guest_id;
  http::Client root = Connect(root_id);
  http::Client guest = Connect(guest_id);
  EXPECT_THAT(Subscribe(root_id, "\"secrets/*\",\"tags/*\"", RootToken()), HasSubstr(" 204 "));
  EXPECT_THAT(Subscribe(guest_id, "\"secrets/*\",\"tags/*\""), HasSubstr(" 204 "));
  EXPECT_THAT(Ask("POST /api/collections/secrets/records", "{\"key\":\"hush\"}", RootToken()),
              HasSubstr(" 200 "));
  EXPECT_THAT(Ask("POST /api/collections/tags/records", "{\"name\":\"earsplitting\"}", RootToken()),
              HasSubstr(" 200 "));
  EXPECT_THAT(Until(root, "earsplitting"),
              AllOf(HasSubstr("hush"), HasSubstr("event:secrets/*\n")));
  EXPECT_THAT(Until(guest, "earsplitting"), Not(HasSubstr("hush")));
  // Signing in on a client that is a superuser's.
  EXPECT_THAT(Subscribe(root_id, "\"tags/*\""), HasSubstr(" 403 "));
}

TEST_F(RealtimeAppTest, AHundredThousandTopicsAreRefusedInOrder) {
  std::string id;
  http::Client client = Connect(id);
  std::string topics = "\"a\"";
  for (int i = 0; i < 100000; ++i) topics += ",\"tags/" + std::to_string(i) + "\"";
  EXPECT_THAT(Subscribe(id, topics), AllOf(HasSubstr(" 400 "), HasSubstr("1000")));
  EXPECT_THAT(Subscribe(id, "\"tags/*\""), HasSubstr(" 204 "));
}

TEST_F(RealtimeAppTest, RequestsAreLogged) {
  Ask("GET /api/health?x=1");
  Ask("POST /api/collections/nope/records", "{}");
  const std::string list = Ask("GET /api/logs?sort=created", "", RootToken());
  EXPECT_THAT(list, HasSubstr(" 200 "));
  EXPECT_THAT(Ask("GET /api/logs"), HasSubstr(" 401 "));
  app_.reset();  // writes what waits
  const auto logs = store::Connection::Open((folder_ / "auxiliary.db").string(), {});
  ASSERT_TRUE(logs.ok());
  const auto rows = store::RunSql(
      **logs, "SELECT group_concat(level || ' ' || message, ';') FROM _logs ORDER BY _rowid_", 1);
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->rows.at(0).at(0).value_or(""),
            "0 GET /api/health?x=1;8 POST /api/collections/nope/records;8 GET /api/logs");
}

TEST_F(RealtimeAppTest, ABackupIsMadeListedDownloadedAndRemoved) {
  const std::string root = RootToken();
  EXPECT_THAT(Ask("POST /api/backups", "", root), HasSubstr(" 204 "));
  EXPECT_THAT(Ask("GET /api/backups", "", root), HasSubstr("\"key\":\"pb_backup_"));
  EXPECT_THAT(Ask("POST /api/backups", "{\"name\":\"b.zip\"}", root), HasSubstr(" 204 "));
  EXPECT_THAT(Ask("GET /api/backups/b.zip", "", root), HasSubstr(" 403 "));
  const std::string made = Ask("POST /api/files/token", "", root);
  const std::size_t at = made.find("\"token\":\"") + 9;
  const std::string token = made.substr(at, made.find('"', at) - at);
  const std::string zip = Ask("GET /api/backups/b.zip?token=" + token);
  EXPECT_THAT(zip, AllOf(HasSubstr(" 200 "), HasSubstr("\r\n\r\nPK\x03\x04")));
  EXPECT_THAT(Ask("DELETE /api/backups/b.zip", "", root), HasSubstr(" 204 "));
  EXPECT_THAT(Ask("GET /api/backups/..%2f..%2fdata.db?token=" + token), HasSubstr(" 404 "));
}

TEST_F(RealtimeAppTest, SqlThatChangesCollectionsIsSeenAtOnce) {
  const std::string root = RootToken();
  EXPECT_THAT(Ask("GET /api/collections/tags/records"), HasSubstr(" 200 "));
  EXPECT_THAT(
      Ask("POST /api/sql",
          "{\"query\":\"update _collections set listRule = null where name = 'tags'\"}", root),
      HasSubstr("\"affectedRows\":1"));
  EXPECT_THAT(Ask("GET /api/collections/tags/records"), HasSubstr(" 403 "));
  EXPECT_THAT(Ask("POST /api/sql", "{\"query\":\"attach '/tmp/x.db' as x\"}", root),
              HasSubstr(" 400 "));
}

TEST_F(RealtimeAppTest, StoppingWithSubscribersIsQuick) {
  std::string id;
  http::Client client = Connect(id);
  Subscribe(id, "\"tags/*\"");
  const auto begin = std::chrono::steady_clock::now();
  app_->Stop();
  app_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("0\r\n\r\n"));
}

}  // namespace
}  // namespace sluice
