// The writer when SQLite fails: no space, an interrupt, locks of others.
#include <atomic>
#include <chrono>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sqlite3.h"

#include "tests/server/writer_jobs.h"
#include "tests/support/temp_database.h"
#include "tools/server/store/writer.h"

namespace sluice::store {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kTable[] = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE NOT NULL)";

class WriterFaultTest : public testing::Test {
 protected:
  // What waits shares a transaction, however slow the machine is.
  std::unique_ptr<Writer> Start(WriterOptions options = {}) {
    options.group_time = std::chrono::minutes(1);
    auto writer = Writer::Start(path_, options);
    EXPECT_TRUE(writer.ok()) << writer.status();
    return *std::move(writer);
  }

  const TempDatabase folder_{{kTable}};
  const std::string path_ = folder_.folder() + "/data.db";
};

// From now on the database may not grow: SQLITE_FULL, as of a full disk, which
// ends the whole transaction.
Status StopGrowth(Connection& connection) {
  return connection.Execute("PRAGMA max_page_count=1");  // no less than it has
}

TEST_F(WriterFaultTest, AFullDiskTakesOnlyTheJobThatFillsIt) {
  const auto writer = Start();
  ASSERT_TRUE(writer->Run(StopGrowth, JobKind::kOutside).ok());
  Gate gate;
  Answers answers;
  writer->Submit(gate.Job(), answers.Of(9));
  gate.AwaitEntered();
  int runs = 0;
  writer->Submit(
      [&](Connection& connection) {
        ++runs;
        return Insert("a")(connection);
      },
      answers.Of(0));
  writer->Submit(Insert("a"), answers.Of(1));  // fails also when it runs again
  writer->Submit(Insert(std::string(100'000, 'x')), answers.Of(2));
  writer->Submit(Insert("b"), answers.Of(3));
  gate.Open();
  answers.Await(5);
  EXPECT_EQ(runs, 2);
  EXPECT_TRUE(answers.status(0).ok()) << answers.status(0);
  EXPECT_FALSE(answers.status(1).ok());
  EXPECT_THAT(std::string(AsStd(answers.status(2).message())), HasSubstr("full"));
  EXPECT_TRUE(answers.status(3).ok()) << answers.status(3);
  EXPECT_THAT(Values(path_), ElementsAre("a", "b"));
  EXPECT_EQ(writer->counts().repeated, 3u);  // the gate, `a` and `a`
  EXPECT_THAT(answers.order(), ElementsAre(9, 0, 1, 2, 3));
}

TEST_F(WriterFaultTest, AJobThatHidesTheLossOfItsTransactionFails) {
  const auto writer = Start();
  ASSERT_TRUE(writer->Run(StopGrowth, JobKind::kOutside).ok());
  for (const JobKind kind : {JobKind::kShared, JobKind::kAlone}) {
    const Status status = writer->Run(
        [](Connection& connection) {
          (void)Insert(std::string(100'000, 'x'))(connection);
          return absl::OkStatus();
        },
        kind);
    EXPECT_FALSE(status.ok());
  }
}

TEST_F(WriterFaultTest, AnInterruptedJobTakesNobodyWithIt) {
  const auto writer = Start();
  Gate gate;
  Answers answers;
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  writer->Submit(Insert("a"), answers.Of(0));
  writer->Submit(
      [](Connection& connection) {
        const LimitedScope limits(
            connection, [] { return false; }, std::chrono::steady_clock::now() + milliseconds(20));
        return connection.Execute(
            "INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT 'n' || i FROM n");
      },
      answers.Of(1));
  writer->Submit(Insert("b"), answers.Of(2));
  gate.Open();
  answers.Await(3);
  EXPECT_TRUE(answers.status(0).ok()) << answers.status(0);
  EXPECT_TRUE(absl::IsDeadlineExceeded(answers.status(1))) << answers.status(1);
  EXPECT_TRUE(answers.status(2).ok()) << answers.status(2);
  EXPECT_THAT(Values(path_), ElementsAre("a", "b"));
}

// Work that was to follow a commit is asked for again by the second run.
TEST_F(WriterFaultTest, WorkAfterTheCommitRunsOnceForAJobThatRanTwice) {
  const auto writer = Start();
  ASSERT_TRUE(writer->Run(StopGrowth, JobKind::kOutside).ok());
  Gate gate;
  Answers answers;
  int told = 0;
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  writer->Submit(
      [&](Connection& connection) {
        writer->AfterCommit([&] { ++told; });
        return Insert("a")(connection);
      },
      answers.Of(0));
  writer->Submit(Insert(std::string(100'000, 'x')), answers.Of(1));
  gate.Open();
  answers.Await(2);
  EXPECT_EQ(told, 1);
}

// A commit that fails: everybody in the group is told so, nothing stays, and
// the next one is as any other.
TEST_F(WriterFaultTest, AFailedCommitIsEverybodysFailure) {
  const auto writer = Start();
  bool failing = true;
  ASSERT_TRUE(writer
                  ->Run(
                      [&](Connection& connection) {
                        // A commit hook that says no turns COMMIT into ROLLBACK.
                        sqlite3_commit_hook(
                            connection.handle(),
                            [](void* flag) { return *static_cast<bool*>(flag) ? 1 : 0; }, &failing);
                        return absl::OkStatus();
                      },
                      JobKind::kOutside)
                  .ok());
  Gate gate;
  Answers answers;
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  writer->Submit(Insert("a"), answers.Of(0));
  writer->Submit(Insert("b"), answers.Of(1));
  writer->Submit(Insert("a"), answers.Of(2));
  gate.Open();
  answers.Await(3);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(absl::IsUnavailable(answers.status(i))) << answers.status(i);
  EXPECT_THAT(Values(path_), ElementsAre());
  ASSERT_TRUE(writer
                  ->Run(
                      [&](Connection&) {
                        failing = false;
                        return absl::OkStatus();
                      },
                      JobKind::kOutside)
                  .ok());
  EXPECT_TRUE(writer->Run(Insert("a")).ok());
  EXPECT_THAT(Values(path_), ElementsAre("a"));
}

// ---- locks of another process ----

TEST_F(WriterFaultTest, WaitsForTheLockOfAnotherProcess) {
  WriterOptions options;
  options.busy_timeout = milliseconds(10);
  const auto writer = Start(options);
  const auto other = folder_.Open(Access::kWrite);
  ASSERT_TRUE(other->Execute("BEGIN IMMEDIATE").ok());
  Answers answers;
  writer->Submit(Insert("a"), answers.Of(0));
  std::this_thread::sleep_for(milliseconds(200));
  ASSERT_TRUE(other->Execute("COMMIT").ok());
  answers.Await(1);
  EXPECT_TRUE(answers.status(0).ok()) << answers.status(0);
}

TEST_F(WriterFaultTest, GivesUpOnALockThatStaysForAllThatWaited) {
  WriterOptions options;
  options.busy_timeout = milliseconds(10);
  options.busy_retries = 1;
  const auto writer = Start(options);
  const auto other = folder_.Open(Access::kWrite);
  Gate gate;
  Answers answers;
  writer->Submit(gate.Job(), nullptr, JobKind::kOutside);
  gate.AwaitEntered();
  ASSERT_TRUE(other->Execute("BEGIN IMMEDIATE").ok());
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) writer->Submit(Insert(std::to_string(i)), answers.Of(i));
  gate.Open();
  answers.Await(50);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(5000));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(absl::IsUnavailable(answers.status(i)));
  ASSERT_TRUE(other->Execute("COMMIT").ok());
  EXPECT_TRUE(writer->Run(Insert("a")).ok());
  EXPECT_THAT(Values(path_), ElementsAre("a"));
}

// As an allocation that failed does.
TEST_F(WriterFaultTest, WhatThrowsFailsAloneAndIsAnswered) {
  const auto writer = Start();
  Gate gate;
  Answers answers;
  writer->Submit(gate.Job(), answers.Of(9));
  gate.AwaitEntered();
  writer->Submit(Insert("a"), answers.Of(0));
  writer->Submit(
      [](Connection& connection) -> Status {
        (void)Insert("half")(connection);
        throw std::bad_alloc();
      },
      answers.Of(1));
  writer->Submit(Insert("b"), [](const Status&) { throw std::bad_alloc(); });
  writer->Submit(Insert("c"), answers.Of(2));
  gate.Open();
  answers.Await(4);
  EXPECT_TRUE(answers.status(0).ok()) << answers.status(0);
  EXPECT_TRUE(absl::IsInternal(answers.status(1))) << answers.status(1);
  EXPECT_TRUE(answers.status(2).ok()) << answers.status(2);
  EXPECT_THAT(Values(path_), ElementsAre("a", "b", "c"));
  for (const JobKind kind : {JobKind::kAlone, JobKind::kOutside, JobKind::kStatement}) {
    EXPECT_TRUE(
        absl::IsInternal(writer->Run([](Connection&) -> Status { throw std::bad_alloc(); }, kind)));
  }
  EXPECT_TRUE(writer->Run(Insert("d")).ok());
}

// What follows a commit fails alone: the commit is told, and so is what else follows it.
TEST_F(WriterFaultTest, WhatThrowsAfterTheCommitFailsAlone) {
  const auto writer = Start();
  std::atomic<int> told = 0;
  const Status status = writer->Run([&](Connection& connection) {
    writer->AfterCommit([] { throw std::bad_alloc(); });
    writer->AfterCommit([&] { ++told; });
    return Insert("a")(connection);
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(writer->Run(Insert("b")).ok());
  EXPECT_THAT(Values(path_), ElementsAre("a", "b"));
}

TEST_F(WriterFaultTest, EndsThoughAnotherProcessHoldsTheLock) {
  WriterOptions options;
  options.busy_timeout = milliseconds(10);
  auto writer = Start(options);
  const auto other = folder_.Open(Access::kWrite);
  ASSERT_TRUE(other->Execute("BEGIN IMMEDIATE").ok());
  Answers answers;
  writer->Submit(Insert("a"), answers.Of(0));
  const auto start = std::chrono::steady_clock::now();
  writer.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(3000));
  EXPECT_TRUE(absl::IsUnavailable(answers.status(0)));
}

}  // namespace
}  // namespace sluice::store
