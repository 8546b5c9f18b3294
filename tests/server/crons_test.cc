// Jobs by the clock, the built-in ones on a copy of the conformance fixture,
// and SQL of superusers.
#include <atomic>
#include <chrono>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/blog_folder.h"
#include "tools/server/crons/built_in.h"
#include "tools/server/crons/expression.h"
#include "tools/server/crons/scheduler.h"
#include "tools/server/store/raw_sql.h"
#include "tools/server/store/system_tables.h"

namespace sluice::crons {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Sunday, 1 February 2026, 10:30.
std::tm At(int minute, int hour, int day = 1, int month = 2, int weekday = 0) {
  std::tm time{};
  time.tm_min = minute;
  time.tm_hour = hour;
  time.tm_mday = day;
  time.tm_mon = month - 1;
  time.tm_wday = weekday;
  return time;
}

TEST(Expression, TellsWhatIsDue) {
  struct Case {
    const char* text;
    std::tm time;
    bool due;
  };
  const Case cases[] = {{"* * * * *", At(30, 10), true},
                        {"30 10 1 2 0", At(30, 10), true},
                        {"30 10 1 2 1", At(30, 10), false},
                        {"0 */6 * * *", At(0, 12), true},
                        {"0 */6 * * *", At(0, 13), false},
                        {"0 */6 * * *", At(1, 12), false},
                        {"1-5,30-59/10 * * * *", At(50, 1), true},
                        {"1-5,30-59/10 * * * *", At(51, 1), false},
                        {"1-5,30-59/10 * * * *", At(4, 1), true},
                        {"@hourly", At(0, 7), true},
                        {"@hourly", At(1, 7), false},
                        {"@daily", At(0, 0), true},
                        {"@midnight", At(0, 1), false},
                        {"@weekly", At(0, 0), true},
                        {"@weekly", At(0, 0, 2, 2, 1), false},
                        {"@monthly", At(0, 0), true},
                        {"@yearly", At(0, 0), false},
                        {"@annually", At(0, 0, 1, 1, 4), true},
                        {"59 23 31 12 6", At(59, 23, 31, 12, 6), true}};
  for (const Case& c : cases) {
    const auto expression = Expression::Parse(c.text);
    ASSERT_TRUE(expression.has_value()) << c.text;
    EXPECT_EQ(expression->IsDue(c.time), c.due) << c.text;
  }
}

TEST(Expression, RefusesWhatIsNone) {
  for (const char* text : {"",
                           " ",
                           "*",
                           "* * * *",
                           "* * * * * *",
                           " * * * * *",
                           "* * * * * ",
                           "*  * * * *",
                           "60 * * * *",
                           "* 24 * * *",
                           "* * 0 * *",
                           "* * 32 * *",
                           "* * * 0 *",
                           "* * * 13 *",
                           "* * * * 7",
                           "5-1 * * * *",
                           "*/0 * * * *",
                           "*/60 * * * *",
                           "5/2 * * * *",
                           "1-2-3 * * * *",
                           "a * * * *",
                           "1, * * * *",
                           ",1 * * * *",
                           "-1 * * * *",
                           "*/2/2 * * * *",
                           "@never",
                           "99999999999999999999 * * * *"}) {
    EXPECT_FALSE(Expression::Parse(text).has_value()) << text;
  }
}

TEST(Scheduler, RunsWhatIsDueAndWhatIsAskedFor) {
  std::vector<std::string> failures;
  Scheduler scheduler([&](std::string_view id, const Status&) { failures.emplace_back(id); });
  std::atomic<int> a{0};
  std::atomic<int> b{0};
  std::string changing;
  ASSERT_TRUE(scheduler.Add("a", "0 * * * *", [&] { return ++a, absl::OkStatus(); }).ok());
  ASSERT_TRUE(scheduler.Add("bad", "* * * * *", [] { return absl::InternalError("x"); }).ok());
  ASSERT_TRUE(
      scheduler.Add("worse", "* * * * *", []() -> Status { throw std::runtime_error("x"); }).ok());
  EXPECT_FALSE(scheduler.Add("no", "nope", [] { return absl::OkStatus(); }).ok());
  scheduler.AddChanging(
      "c", [&] { return changing; }, [&] { return ++b, absl::OkStatus(); });
  EXPECT_EQ(scheduler.List().size(), 3U);
  EXPECT_FALSE(scheduler.RunSoon("c"));
  EXPECT_FALSE(scheduler.RunSoon("nope"));
  changing = "5 * * * *";
  EXPECT_EQ(scheduler.List().size(), 4U);
  scheduler.Start();
  scheduler.Tick(At(5, 1));
  scheduler.Flush();
  EXPECT_EQ(a, 0);
  EXPECT_EQ(b, 1);
  EXPECT_THAT(failures, ElementsAre("bad", "worse"));
  scheduler.Tick(At(0, 1));
  EXPECT_TRUE(scheduler.RunSoon("c"));
  scheduler.Flush();
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 2);
}

// A job that throws, whatever it throws, and a listener that does, fail alone (A36).
TEST(Scheduler, WhatThrowsEndsNoThread) {
  std::vector<std::string> failures;
  Scheduler scheduler([&](std::string_view id, const Status& status) {
    failures.push_back(std::string(id) + ": " + std::string(AsStd(status.message())));
    throw std::bad_alloc();
  });
  int runs = 0;
  ASSERT_TRUE(
      scheduler.Add("a", "0 0 * * *", []() -> Status { throw std::runtime_error("why"); }).ok());
  ASSERT_TRUE(scheduler.Add("b", "0 0 * * *", []() -> Status { throw 1; }).ok());
  ASSERT_TRUE(scheduler.Add("c", "0 0 * * *", [&] { return ++runs, absl::OkStatus(); }).ok());
  scheduler.Start();
  for (const char* id : {"a", "b", "c"}) EXPECT_TRUE(scheduler.RunSoon(id));
  scheduler.Flush();
  EXPECT_THAT(failures, ElementsAre("a: why", "b: "));
  EXPECT_EQ(runs, 1);
}

TEST(Scheduler, TheClockTicksOnceAMinute) {
  using std::chrono::system_clock;
  const auto begin = std::chrono::floor<std::chrono::minutes>(system_clock::now());
  std::atomic<int> seconds{59};
  std::atomic<int> runs{0};
  Scheduler scheduler(nullptr, [&] { return begin + std::chrono::seconds(seconds); });
  ASSERT_TRUE(scheduler.Add("a", "* * * * *", [&] { return ++runs, absl::OkStatus(); }).ok());
  scheduler.Start();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(runs, 0);
  seconds = 61;  // the thread sleeps for the second that was left
  for (int i = 0; i < 500 && runs == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(runs, 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(runs, 1);
}

class BuiltInTest : public ::testing::Test {
 protected:
  void SetUp() override {
    catalog_ = *store::Catalog::Open(folder_, [](const Status&) {});
    writer_ = *store::Writer::Start(path_, {});
    writes_ = std::make_unique<writes::WriteService>(*catalog_, *writer_, nullptr);
    log_ = *logs::ActivityLog::Start(folder_, {});
    ASSERT_TRUE(AddBuiltInJobs(scheduler_, {folder_, *catalog_, *writes_, *log_}).ok());
    scheduler_.Start();
  }
  void TearDown() override {
    scheduler_.Stop();
    writes_.reset();
    writer_.reset();
    log_.reset();
    catalog_.reset();
  }
  StatusOr<store::SqlResult> Sql(const std::string& text) {
    store::SqlResult result;
    const Status status = writer_->Run([&](store::Connection& connection) -> Status {
      SLUICE_ASSIGN_OR_RETURN(result, store::RunSql(connection, text, 1000));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return result;
  }
  std::string Only(const std::string& text) {
    const auto result = Sql(text);
    if (!result.ok()) return std::string(AsStd(result.status().message()));
    return result->rows.at(0).at(0).value_or("NULL");
  }

  BlogFolder blog_;
  std::string folder_ = blog_.path();
  std::string path_ = folder_ + "/data.db";
  std::unique_ptr<store::Catalog> catalog_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<writes::WriteService> writes_;
  std::unique_ptr<logs::ActivityLog> log_;
  std::vector<std::string> failures_;
  Scheduler scheduler_{[this](std::string_view id, const Status& status) {
    failures_.push_back(std::string(id) + ": " + status.ToString());
  }};
};

TEST_F(BuiltInTest, AreListedInThePeersOrder) {
  std::string text;
  for (const JobInfo& job : scheduler_.List()) text += job.id + " " + job.expression + "\n";
  EXPECT_EQ(text,
            "__pbDBOptimize__ 0 0 * * *\n__pbMFACleanup__ 0 * * * *\n"
            "__pbOTPCleanup__ 0 * * * *\n__pbLogsCleanup__ 0 */6 * * *\n");
}

TEST_F(BuiltInTest, AllRun) {
  for (const JobInfo& job : scheduler_.List()) EXPECT_TRUE(scheduler_.RunSoon(job.id));
  scheduler_.Flush();
  EXPECT_THAT(failures_, IsEmpty());
}

TEST_F(BuiltInTest, OldSessionsGoFreshOnesStay) {
  const auto now = std::chrono::system_clock::now();
  for (const char* table : {"_otps", "_mfas"}) {
    const bool otp = std::string(table) == "_otps";
    for (const int age : {10, 100000}) {
      const std::string time = store::StoredTime(now - std::chrono::seconds(age));
      ASSERT_TRUE(Sql("INSERT INTO " + std::string(table) + " (id, collectionRef, recordRef, " +
                      (otp ? "password, sentTo" : "method") + ", created, updated) VALUES ('row" +
                      std::to_string(age) + "', '_pb_users_auth_', 'user00000000001', " +
                      (otp ? "'x', 'y'" : "'z'") + ", '" + time + "', '" + time + "')")
                      .ok());
    }
  }
  EXPECT_TRUE(scheduler_.RunSoon("__pbMFACleanup__"));
  EXPECT_TRUE(scheduler_.RunSoon("__pbOTPCleanup__"));
  scheduler_.Flush();
  EXPECT_THAT(failures_, IsEmpty());
  EXPECT_EQ(Only("SELECT group_concat(id) FROM _otps WHERE id LIKE 'row%'"), "row10");
  EXPECT_EQ(Only("SELECT group_concat(id) FROM _mfas WHERE id LIKE 'row%'"), "row10");
}

using SqlTest = BuiltInTest;

TEST_F(SqlTest, ValuesAreTexts) {
  const auto result =
      Sql("SELECT 1.5 AS a, 1e21, x'ff00', true, -0.0, NULL, 'x', 17.0, 0.0001, 1e-5");
  ASSERT_TRUE(result.ok()) << result.status();
  std::vector<std::string> texts;
  for (const auto& value : result->rows.at(0)) texts.push_back(value.value_or("NULL"));
  EXPECT_THAT(texts, ElementsAre("1.5", "1e+21", std::string("\xff\0", 2), "1", "-0", "NULL", "x",
                                 "17", "0.0001", "1e-05"));
  EXPECT_EQ(result->columns[0].name, "a");
}

TEST_F(SqlTest, WhatReachesBeyondTheDatabaseIsRefused) {
  for (const char* text :
       {"ATTACH '/tmp/x.db' AS x", "COMMIT", "BEGIN", "ROLLBACK", "SAVEPOINT a", "DETACH main",
        "PRAGMA journal_mode = DELETE", "PRAGMA writable_schema = 1", "VACUUM INTO '/tmp/y.db'",
        "SELECT load_extension('x')", "INSERT INTO tags (id) VALUES ('tagx'); COMMIT"}) {
    const auto result = Sql(text);
    EXPECT_FALSE(result.ok()) << text;
  }
  EXPECT_EQ(Only("SELECT count(*) FROM tags WHERE id = 'tagx'"), "0");
  EXPECT_THAT(Only("SELECT nope"), "SQL logic error: no such column: nope (1)");
}

TEST_F(SqlTest, SeveralStatementsAndLimits) {
  EXPECT_EQ(Only("SELECT 1; SELECT 2; -- done"), "2");
  const auto many = Sql(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i FROM n");
  ASSERT_TRUE(many.ok());
  EXPECT_EQ(many->rows.size(), 1000U);
  EXPECT_EQ(Sql("UPDATE tags SET weight = 1 WHERE id < 'tag000000000003'")->affected_rows, 2);
  for (const char* text : {" insert", "\nUPDATE x", "Replace", "DROP", "detach"})
    EXPECT_TRUE(store::ChangesDatabase(text)) << text;
  for (const char* text : {"", "select", "with x", "-- insert", "vacuum", "pragma"})
    EXPECT_FALSE(store::ChangesDatabase(text)) << text;
}

}  // namespace
}  // namespace sluice::crons
