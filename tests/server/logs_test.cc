// The activity log: rows of requests, writing in the background, reading back.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/logs/activity_log.h"
#include "tools/server/logs/query.h"
#include "tools/server/logs/request_entry.h"
#include "tools/server/store/system_tables.h"

namespace sluice::logs {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sluice-logs-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    Open();
  }
  void TearDown() override {
    log_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void Open() { log_ = *ActivityLog::Start(folder_, options_); }

  void Append(const std::string& message, std::int64_t level = 0, const std::string& data = "{}",
              std::string created = "2026-11-21 18:41:40.123Z") {
    log_->Append({level, message, data, std::move(created)});
  }
  std::string List(const records::ListParams& params) {
    return Answer([&](const records::Caller& caller) { return ListLogs(caller, params); });
  }
  template <typename Ask>
  std::string Answer(const Ask& ask) {
    log_->Flush();
    StatusOr<std::string> body = std::string();
    (void)log_->Read([&](store::Connection& connection) {
      body = ask(records::Caller{snapshot_, connection, request_, true});
      return body.status();
    });
    return body.ok() ? *body : "failed: " + std::string(AsStd(body.status().message()));
  }

  std::string folder_;
  LogOptions options_;
  std::unique_ptr<ActivityLog> log_;
  store::Snapshot snapshot_{.schema = std::make_shared<const Schema>()};
  RequestContext request_;
};

TEST_F(LogTest, MakesItsDatabaseAndKeepsIt) {
  EXPECT_TRUE(fs::exists(folder_ + "/auxiliary.db"));
  EXPECT_EQ(List({}),
            "{\"items\":[],\"page\":1,\"perPage\":30,\"totalItems\":0,\"totalPages\":0}\n");
  Append("one");
  log_.reset();  // what waits is written
  Open();
  EXPECT_THAT(List({}), AllOf(HasSubstr("\"message\":\"one\""), HasSubstr("\"totalItems\":1")));
}

TEST_F(LogTest, RowsAreWrittenAfterSomeQuiet) {
  log_.reset();
  options_.quiet = milliseconds(50);
  Open();
  Append("one");
  for (int i = 0; i < 500; ++i) {
    std::int64_t rows = 0;
    (void)log_->Read([&](store::Connection& connection) -> Status {
      SLUICE_ASSIGN_OR_RETURN(store::Statement * count,
                              connection.Prepare("SELECT count(*) FROM _logs"));
      const store::StatementUse use(count);
      SLUICE_RETURN_IF_ERROR(use->Step().status());
      rows = use->Column(0).integer;
      return absl::OkStatus();
    });
    if (rows == 1) return;
    std::this_thread::sleep_for(milliseconds(10));
  }
  FAIL() << "nothing was written";
}

TEST_F(LogTest, FiltersSortsAndPicks) {
  Append("b", 8, R"({"status":404,"auth":"users"})");
  Append("a", 0, R"({"status":200})");
  Append("c", 0, "no json");
  EXPECT_THAT(List({.filter = "level>0"}), HasSubstr("\"message\":\"b\",\"level\":8}]"));
  EXPECT_THAT(List({.filter = "data.status=404"}), HasSubstr("\"totalItems\":1"));
  EXPECT_THAT(List({.filter = "data.auth='users' && message~'b'"}), HasSubstr("\"totalItems\":1"));
  EXPECT_THAT(List({.filter = "message='c'"}), HasSubstr("\"data\":{},"));
  const std::string sorted = List({.sort = "-message", .fields = "message"});
  EXPECT_THAT(sorted, HasSubstr(R"("items":[{"message":"c"},{"message":"b"},{"message":"a"}])"));
  for (const char* filter : {"nope=1", "id.x=1", "@request.auth.id=''", "level:each=1", "("})
    EXPECT_THAT(List({.filter = filter}), HasSubstr("failed")) << filter;
  EXPECT_THAT(List({.sort = "nope"}), HasSubstr("failed"));
}

TEST_F(LogTest, ViewsOneAndCountsByTheHour) {
  Append("a", 0, R"({"b":1,"a":2})");
  Append("b", 8, "{}", "2026-11-21 19:00:00.000Z");
  Append("c", 8, "{}", "2026-11-21 19:59:59.999Z");
  const auto stats = [&](std::string_view filter) {
    return Answer([&](const records::Caller& caller) { return LogStats(caller, filter); });
  };
  EXPECT_EQ(stats(""),
            "[{\"date\":\"2026-11-21 18:00:00.000Z\",\"total\":1},"
            "{\"date\":\"2026-11-21 19:00:00.000Z\",\"total\":2}]\n");
  EXPECT_EQ(stats("level<8"), "[{\"date\":\"2026-11-21 18:00:00.000Z\",\"total\":1}]\n");
  EXPECT_EQ(stats("level>8"), "[]\n");
  EXPECT_THAT(stats("nope=1"), HasSubstr("Invalid filter format"));
  const std::string list = List({.filter = "message='a'", .fields = "id"});
  const std::string id = list.substr(list.find("\"id\":\"") + 6, 15);
  const auto view = [&](const std::string& wanted) {
    return Answer([&](const records::Caller& caller) { return ViewLog(caller, wanted); });
  };
  EXPECT_EQ(view(id), "{\"id\":\"" + id +
                          "\",\"created\":\"2026-11-21 18:41:40.123Z\",\"data\":{\"a\":2,\"b\":1},"
                          "\"message\":\"a\",\"level\":0}\n");
  EXPECT_THAT(view("nope"), HasSubstr("failed"));
}

TEST_F(LogTest, PrunesByAgeAndLevelOrEverything) {
  const auto now = std::chrono::system_clock::now();
  Append("old", 8, "{}", store::StoredTime(now - std::chrono::hours(24 * 6)));
  Append("low", 0, "{}", store::StoredTime(now));
  Append("kept", 8, "{}", store::StoredTime(now));
  log_->Flush();
  log_->Prune(5, 4);
  EXPECT_THAT(List({.fields = "message"}), HasSubstr("\"items\":[{\"message\":\"kept\"}]"));
  log_->Prune(0, 0);
  EXPECT_THAT(List({}), HasSubstr("\"totalItems\":0"));
}

TEST_F(LogTest, DropsRatherThanWaits) {
  log_.reset();
  options_.waiting_max = 100;
  options_.batch = 1000000;
  Open();
  std::vector<std::thread> threads;
  for (int n = 0; n < 3; ++n) {
    threads.emplace_back([this] {
      for (int i = 0; i < 100; ++i) Append("x");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(log_->dropped(), 200U);
  EXPECT_THAT(List({}), HasSubstr("\"totalItems\":100"));
}

// ---- rows of requests ----

class EntryTest : public ::testing::Test {
 protected:
  std::string Data(const http::Response& response) {
    const auto row = LogRowOf(request_, NoteOf(response), asker_, settings_);
    if (!row) return "none";
    level_ = row->level;
    message_ = row->message;
    const std::size_t begin = row->data.find("\"execTime\":");
    const std::size_t end = row->data.find(',', begin);
    return row->data.substr(0, begin + 11) + "X" + row->data.substr(end);
  }
  static http::Response Response(int status, std::string body = "{}\n") {
    return http::JsonResponse(status, std::move(body));
  }

  RequestNote request_{.method = "GET",
                       .target = "/api/health?a=b%20c",
                       .path = "/api/health",
                       .referer = "r",
                       .user_agent = "u",
                       .peer_ip = "127.0.0.1",
                       .begin = std::chrono::steady_clock::now()};
  AskerNote asker_{.collection_name = "", .record_id = "", .ip = "10.0.0.1"};
  store::LogsSettings settings_;
  std::int64_t level_ = -1;
  std::string message_;
};

TEST_F(EntryTest, OfASuccess) {
  EXPECT_EQ(Data(Response(200)),
            R"({"auth":"","execTime":X,"method":"GET","referer":"r","remoteIP":"127.0.0.1",)"
            R"("status":200,"type":"request","url":"/api/health?a=b%20c","userAgent":"u",)"
            R"("userIP":"10.0.0.1"})");
  EXPECT_EQ(level_, 0);
  EXPECT_EQ(message_, "GET /api/health?a=b c");
}

TEST_F(EntryTest, OfAFailure) {
  const std::string data = Data(Response(
      400,
      R"({"data":{"name":{"code":"x","message":"Cannot be blank."},"a":{"0":{"code":"y","message":"Bad."}}},)"
      R"("message":"Failed to create collection.","status":400})"));
  EXPECT_THAT(data, HasSubstr(R"("details":{"a":{"0":"bad"},"name":"cannot be blank"},)"
                              R"("error":"Failed to create collection.",)"));
  EXPECT_EQ(level_, 8);
  EXPECT_THAT(Data(Response(404, R"({"data":{},"message":"No.","status":404})")),
              HasSubstr(R"("details":null,"error":"No.")"));
}

TEST_F(EntryTest, SettingsDecide) {
  settings_.log_ip = false;
  settings_.log_auth_id = true;
  asker_.collection_name = "users";
  asker_.record_id = "id1";
  EXPECT_THAT(Data(Response(200)), AllOf(Not(HasSubstr("IP")), HasSubstr(R"("authId":"id1")")));
  settings_.min_level = 4;
  EXPECT_EQ(Data(Response(200)), "none");
  EXPECT_NE(Data(Response(400)), "none");
  settings_.max_days = 0;
  EXPECT_EQ(Data(Response(400)), "none");
}

TEST_F(EntryTest, SomeSuccessesAreQuiet) {
  for (const char* path :
       {"/api/logs", "/api/logs/stats", "/api/realtime", "/api/oauth2-redirect", "/x.css"}) {
    request_.path = path;
    EXPECT_EQ(Data(Response(200)), "none") << path;
    EXPECT_NE(Data(Response(404)), "none") << path;
  }
  request_.path = "/api/realtime";
  request_.method = "POST";
  EXPECT_NE(Data(Response(204)), "none");
}

TEST_F(EntryTest, LongTextsAreCut) {
  request_.target = "/api/" + std::string(10000, 'x');
  EXPECT_LT(Data(Response(200)).size(), 3400U);
}

}  // namespace
}  // namespace sluice::logs
