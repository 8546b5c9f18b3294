// The writer: groups of jobs, their answers, their order, and the log. Runs
// under the thread sanitizer too.
#include "tools/server/store/writer.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/writer_jobs.h"
#include "tests/support/temp_database.h"

namespace sluice::store {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

constexpr char kTable[] = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE NOT NULL)";

class WriterTest : public testing::Test {
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

// ---- one job ----

TEST_F(WriterTest, KeepsWhatAJobDid) {
  const auto writer = Start();
  EXPECT_TRUE(writer->Run(Insert("a")).ok());
  EXPECT_THAT(Values(path_), ElementsAre("a"));
}

TEST_F(WriterTest, UndoesWhatAFailingJobDid) {
  const auto writer = Start();
  for (const JobKind kind : {JobKind::kShared, JobKind::kAlone}) {
    const Status status = writer->Run(
        [](Connection& connection) {
          EXPECT_TRUE(Insert("a")(connection).ok());
          return absl::NotFoundError("no");
        },
        kind);
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
  }
  EXPECT_THAT(Values(path_), ElementsAre());
}

TEST_F(WriterTest, VacuumRunsOutsideOfATransaction) {
  const auto writer = Start();
  EXPECT_TRUE(writer->Run(Insert("a")).ok());
  const auto vacuum = [](Connection& connection) { return connection.Execute("VACUUM"); };
  EXPECT_FALSE(writer->Run(vacuum, JobKind::kAlone).ok());
  const Status status = writer->Run(vacuum, JobKind::kOutside);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(Values(path_), ElementsAre("a"));
}

// ---- groups ----

TEST_F(WriterTest, JobsThatWaitShareATransaction) {
  const auto writer = Start();
  Gate gate;
  Answers answers;
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  const std::uint64_t before = writer->counts().commits;
  for (int i = 0; i < 100; ++i) writer->Submit(Insert(std::to_string(i)), answers.Of(i));
  gate.Open();
  answers.Await(100);
  EXPECT_EQ(writer->counts().commits - before, 1u);
  EXPECT_EQ(Values(path_).size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(answers.status(i).ok()) << answers.status(i);
}

TEST_F(WriterTest, AGroupHasAnEnd) {
  WriterOptions options;
  options.group_max = 10;
  const auto writer = Start(options);
  Gate gate;
  Answers answers;
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  for (int i = 0; i < 99; ++i) writer->Submit(Insert(std::to_string(i)), answers.Of(i));
  gate.Open();
  answers.Await(99);
  EXPECT_EQ(writer->counts().commits, 10u);
}

TEST_F(WriterTest, AGroupEndsWhenItsTimeIsUp) {
  WriterOptions options;
  options.group_time = std::chrono::microseconds(0);
  const auto writer = *Writer::Start(path_, options);
  Gate gate;
  Answers answers;
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  for (int i = 0; i < 9; ++i) writer->Submit(Insert(std::to_string(i)), answers.Of(i));
  gate.Open();
  answers.Await(9);
  EXPECT_EQ(writer->counts().commits, 10u);
}

TEST_F(WriterTest, AnswersComeAfterTheCommitInOrder) {
  const auto writer = Start();
  Gate gate;
  Answers answers;
  std::vector<std::size_t> seen;
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  for (int i = 0; i < 5; ++i) {
    writer->Submit(Insert(std::to_string(i)), [&, i](const Status& status) {
      seen.push_back(Values(path_).size());
      answers.Of(i)(status);
    });
  }
  gate.Open();
  answers.Await(5);
  // All five are there when the first is answered, by another connection.
  EXPECT_THAT(seen, ElementsAre(5, 5, 5, 5, 5));
  EXPECT_THAT(answers.order(), ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(WriterTest, AFailingJobIsUndoneAloneInAGroup) {
  for (const JobKind kind : {JobKind::kShared, JobKind::kStatement}) {
    const TempDatabase folder({kTable});
    const std::string path = folder.folder() + "/data.db";
    const auto writer = *Writer::Start(path, {});
    Gate gate;
    Answers answers;
    writer->Submit(gate.Job(), nullptr);
    gate.AwaitEntered();
    writer->Submit(Insert("a"), answers.Of(0), kind);
    writer->Submit(Insert("a"), answers.Of(1), kind);  // not unique
    writer->Submit(Insert("b"), answers.Of(2), kind);
    gate.Open();
    answers.Await(3);
    EXPECT_TRUE(answers.status(0).ok());
    EXPECT_FALSE(answers.status(1).ok());
    EXPECT_TRUE(answers.status(2).ok());
    EXPECT_THAT(Values(path), ElementsAre("a", "b"));
    EXPECT_EQ(writer->counts().repeated, 0u);
  }
}

// A job that said it were one statement and was not: nothing of it stays, and
// the others do not suffer.
TEST_F(WriterTest, AJobOfTwoStatementsThatClaimsOneIsUndoneToo) {
  const auto writer = Start();
  Gate gate;
  Answers answers;
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  writer->Submit(Insert("a"), answers.Of(0), JobKind::kStatement);
  writer->Submit(
      [](Connection& connection) {
        EXPECT_TRUE(Insert("b")(connection).ok());
        return absl::AbortedError("after all");
      },
      answers.Of(1), JobKind::kStatement);
  writer->Submit(Insert("c"), answers.Of(2), JobKind::kStatement);
  gate.Open();
  answers.Await(3);
  EXPECT_TRUE(answers.status(0).ok());
  EXPECT_TRUE(absl::IsAborted(answers.status(1)));
  EXPECT_TRUE(answers.status(2).ok());
  EXPECT_THAT(Values(path_), ElementsAre("a", "c"));
}

TEST_F(WriterTest, AJobThatIsAloneSharesWithNobody) {
  const auto writer = Start();
  Gate gate;
  Answers answers;
  std::atomic<bool> published{false};
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  writer->Submit(Insert("a"), answers.Of(0));
  writer->Submit(
      [&](Connection& connection) {
        EXPECT_EQ(ValuesIn(connection).size(), 1u);
        EXPECT_THAT(Values(path_), ElementsAre("a"));  // committed before
        return connection.Execute("CREATE TABLE other (x)");
      },
      [&](const Status& status) {
        std::this_thread::sleep_for(milliseconds(20));
        published = true;
        answers.Of(1)(status);
      },
      JobKind::kAlone);
  writer->Submit(
      [&](Connection& connection) {
        EXPECT_TRUE(published);
        return connection.Execute("INSERT INTO other VALUES (1)");
      },
      answers.Of(2));
  gate.Open();
  answers.Await(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(answers.status(i).ok()) << answers.status(i);
}

// ---- after the commit ----

TEST_F(WriterTest, WorkAfterTheCommitRunsInOrderAndOnlyForWhatIsKept) {
  const auto writer = Start();
  Gate gate;
  Answers answers;
  std::vector<std::string> told;
  const auto job = [&](const std::string& value, bool good) {
    return [&, value, good](Connection& connection) {
      writer->AfterCommit([&, value] {
        EXPECT_EQ(Values(path_).size(), 2u);
        told.push_back(value);
      });
      EXPECT_TRUE(Insert(value)(connection).ok());
      return good ? absl::OkStatus() : absl::AbortedError("no");
    };
  };
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  writer->Submit(job("a", true), [&](const Status& status) {
    told.push_back("answer");
    answers.Of(0)(status);
  });
  writer->Submit(job("b", false), answers.Of(1));
  writer->Submit(job("c", true), answers.Of(2));
  gate.Open();
  answers.Await(3);
  EXPECT_THAT(told, ElementsAre("a", "answer", "c"));
}

// ---- the queue ----

TEST_F(WriterTest, RefusesWhenTooManyWait) {
  WriterOptions options;
  options.queue_max = 2;
  const auto writer = Start(options);
  Gate gate;
  Answers answers;
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  EXPECT_TRUE(writer->Submit(Insert("a"), answers.Of(0)));
  EXPECT_TRUE(writer->Submit(Insert("b"), answers.Of(1)));
  EXPECT_FALSE(writer->Submit(Insert("c"), answers.Of(2)));
  EXPECT_TRUE(absl::IsUnavailable(writer->Run(Insert("d"))));
  gate.Open();
  answers.Await(2);
  EXPECT_THAT(Values(path_), ElementsAre("a", "b"));
}

TEST_F(WriterTest, RunsWhatIsQueuedBeforeItEnds) {
  auto writer = Start();
  Gate gate;
  Answers answers;
  writer->Submit(gate.Job(), nullptr);
  gate.AwaitEntered();
  for (int i = 0; i < 20; ++i) writer->Submit(Insert(std::to_string(i)), answers.Of(i));
  std::thread end([&] { writer.reset(); });
  gate.Open();
  end.join();
  answers.Await(20);
  EXPECT_EQ(Values(path_).size(), 20u);
}

TEST_F(WriterTest, ManyThreadsLoseNothing) {
  const auto writer = Start();
  constexpr int kThreads = 8;
  constexpr int kEach = 200;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        // Every fourth one is taken already.
        const std::string value = i % 4 == 3 ? "0-0" : std::to_string(t) + "-" + std::to_string(i);
        const JobKind kind = i % 2 == 0 ? JobKind::kShared : JobKind::kStatement;
        if (writer->Run(Insert(value), i % 50 == 49 ? JobKind::kAlone : kind).ok()) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(static_cast<int>(Values(path_).size()), good.load());
  EXPECT_GE(good.load(), kThreads * kEach * 3 / 4 - 1);
  EXPECT_EQ(writer->counts().jobs, static_cast<std::uint64_t>(kThreads * kEach));
}

// ---- the log ----

std::uintmax_t LogBytes(const std::string& path) {
  std::error_code none;
  const std::uintmax_t size = std::filesystem::file_size(path + "-wal", none);
  return none ? 0 : size;
}

// The number in the log's head that grows each time the log is begun anew.
std::string LogGeneration(const std::string& path) {
  std::ifstream log(path + "-wal", std::ios::binary);
  std::string head(20, '\0');
  log.read(head.data(), static_cast<std::streamsize>(head.size()));
  return head.substr(16);
}

// Although writes never pause, the log is copied, and begun anew.
TEST_F(WriterTest, TheLogIsCopiedAndBegunAnew) {
  WriterOptions options;
  options.checkpoints.pages = 50;
  options.checkpoints.restart_pages = 200;
  options.checkpoints.restart_wait = milliseconds(1000);
  const auto writer = Start(options);
  ASSERT_TRUE(writer->Run(Insert("first")).ok());
  const std::string first = LogGeneration(path_);
  int count = 0;
  for (; count < 50'000 && LogGeneration(path_) == first; ++count) {
    ASSERT_TRUE(writer->Run(Insert(std::to_string(count) + std::string(2000, 'x'))).ok());
  }
  EXPECT_NE(LogGeneration(path_), first);
  EXPECT_GT(std::filesystem::file_size(path_), 100u * 1024u);
  EXPECT_EQ(Values(path_).size(), static_cast<std::size_t>(count + 1));
}

TEST_F(WriterTest, AShortLogIsCopiedAfterAWhile) {
  WriterOptions options;
  options.checkpoints.period = milliseconds(20);
  const auto writer = Start(options);
  ASSERT_TRUE(writer->Run(Insert(std::string(100'000, 'x'))).ok());
  for (int i = 0; i < 500 && std::filesystem::file_size(path_) < 100'000; ++i)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_GT(std::filesystem::file_size(path_), 100'000u);
}

TEST_F(WriterTest, TheLogIsEmptiedAtTheEnd) {
  auto writer = Start();
  const auto reader = folder_.Open();
  ASSERT_TRUE(writer->Run(Insert(std::string(100'000, 'x'))).ok());
  EXPECT_GT(LogBytes(path_), 0u);
  writer.reset();
  EXPECT_EQ(LogBytes(path_), 0u);  // the reader keeps the file itself
  EXPECT_EQ(ValuesIn(*reader).size(), 1u);
}

// ---- durability ----

std::int64_t Synchronous(Writer& writer) {
  std::int64_t value = -1;
  EXPECT_TRUE(writer
                  .Run([&](Connection& connection) {
                    auto statement = connection.Prepare("PRAGMA synchronous");
                    const StatementUse use(*statement);
                    SLUICE_RETURN_IF_ERROR(use->Step().status());
                    value = use->Column(0).integer;
                    return absl::OkStatus();
                  })
                  .ok());
  return value;
}

TEST_F(WriterTest, SyncsAsTheFolderPromisesOrMore) {
  EXPECT_EQ(Synchronous(*Start()), 1);  // NORMAL, S-3
  WriterOptions options;
  options.sync_full = true;
  EXPECT_EQ(Synchronous(*Start(options)), 2);
}

}  // namespace
}  // namespace sluice::store
