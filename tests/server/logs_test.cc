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
              const std::string& created = "2026-11-21 18:41:40.123Z") {
    log_->Append({level, message, data, created});
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

TEST_F(LogTest, DropsWhatTakesTooMuchMemory) {
  log_.reset();
  options_.waiting_bytes_max = 1 << 20;
  options_.batch = 1000000;
  Open();
  const std::string data = "{\"a\":\"" + std::string(100000, 'x') + "\"}";
  for (int i = 0; i < 20; ++i) Append("x", 0, data);
  EXPECT_THAT(log_->dropped(), AllOf(::testing::Ge(9U), ::testing::Le(10U)));
  EXPECT_THAT(List({.fields = "id"}), HasSubstr("\"totalItems\":1"));
}

// ---- rows of requests ----

class EntryTest : public ::testing::Test {
 protected:
  std::string Data(const http::Response& response) {
    const auto row = LogRowOf(request_, NoteOf(response), asker_, settings_, text_);
    if (!row) return "none";
    level_ = row->level;
    message_ = row->message;
    const std::string data(row->data);
    const std::size_t begin = data.find("\"execTime\":");
    const std::size_t end = data.find(',', begin);
    return data.substr(0, begin + 11) + "X" + data.substr(end);
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
  std::string text_;
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
  const std::string target = "/api/" + std::string(10000, 'x');
  request_.target = target;
  EXPECT_LT(Data(Response(200)).size(), 3400U);
}

// The memory of a row is that of the rows before it, and grows for those that
// need more.
TEST_F(EntryTest, LongTextsMayBeAllEscapes) {
  const std::string target = "/api/" + std::string(10000, '\x01');
  const std::string header(5000, '<');
  (void)Data(Response(200));
  request_.target = target;
  request_.user_agent = header;
  std::string url = "/api/";
  for (int i = 0; i < 2995; ++i) url += "\\u0001";
  std::string agent;
  for (int i = 0; i < 5000; ++i) agent += "\\u003c";
  EXPECT_THAT(Data(Response(200)), AllOf(HasSubstr("\"url\":\"" + url + "\""),
                                         HasSubstr("\"userAgent\":\"" + agent + "\"")));
  EXPECT_EQ(message_, "GET " + target.substr(0, 3000));
}

TEST_F(EntryTest, AMessageIsDecodedAsFarAsItCanBe) {
  const auto message = [&](std::string_view target) {
    request_.target = target;
    (void)Data(Response(200));
    return message_;
  };
  EXPECT_EQ(message("/api/health?a=1+2"), "GET /api/health?a=1 2");
  EXPECT_EQ(message("/api/health?a=%zz"), "GET /api/health?a=%zz");
}

TEST_F(EntryTest, TellsWhenAsTimesAreStored) {
  const auto row = LogRowOf(request_, NoteOf(Response(200)), asker_, settings_, text_);
  ASSERT_TRUE(row);
  EXPECT_THAT(std::string(row->created),
              ::testing::MatchesRegex("20[0-9]+-[0-9]+-[0-9]+ [0-9]+:[0-9]+:[0-9]+.[0-9]+Z"));
}

TEST(StoredTimeTest, OfAnyMoment) {
  using std::chrono::milliseconds;
  using std::chrono::system_clock;
  const auto text = [](std::int64_t millis) {
    return store::StoredTime(system_clock::time_point(milliseconds(millis)));
  };
  EXPECT_EQ(text(0), "1970-01-01 00:00:00.000Z");
  EXPECT_EQ(text(-1), "1969-12-31 23:59:59.999Z");
  EXPECT_EQ(text(951782400007), "2000-02-29 00:00:00.007Z");
  EXPECT_EQ(text(4102444799999), "2099-12-31 23:59:59.999Z");
}

// ---- rows that wait ----

TEST(LogRowsTest, GiveBackWhatWasAdded) {
  store::LogRows rows;
  store::LogRow row;
  EXPECT_FALSE(store::LogRows::Reader(rows).Next(row));
  const std::string large(200000, 'x');
  const std::string small(300, 'y');
  for (int i = 0; i < 1000; ++i)
    rows.Add({i, i % 100 == 7 ? std::string_view(large) : "message", i % 3 == 0 ? "" : small, "t"});
  EXPECT_EQ(rows.size(), 1000U);
  EXPECT_LT(rows.bytes(), 3000000U);
  store::LogRows::Reader reader(rows);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(reader.Next(row)) << i;
    EXPECT_EQ(row.level, i);
    EXPECT_EQ(row.message, i % 100 == 7 ? large : "message");
    EXPECT_EQ(row.data, i % 3 == 0 ? "" : small);
    EXPECT_EQ(row.created, "t");
  }
  EXPECT_FALSE(reader.Next(row));
}

}  // namespace
}  // namespace sluice::logs
