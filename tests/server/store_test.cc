// Connections, statements and the pool of readers. Runs under the thread
// sanitizer too.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <new>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sqlite3.h"

#include "tests/support/temp_database.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/local_readers.h"
#include "tools/server/store/reader_pool.h"

namespace sluice::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

// Runs until it is stopped.
constexpr char kEndless[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

std::string Message(const Status& status) { return std::string(AsStd(status.message())); }

std::int64_t Ask(Connection& connection, const std::string& sql) {
  StatusOr<Statement*> statement = connection.Prepare(sql);
  if (!statement.ok()) {
    ADD_FAILURE() << Message(statement.status());
    return -1;
  }
  const StatementUse use(*statement);
  const StatusOr<bool> row = use->Step();
  EXPECT_TRUE(row.ok() && *row) << sql;
  return row.ok() && *row ? use->Column(0).integer : -1;
}

ConnectionOptions Impatient() {
  ConnectionOptions options;
  options.busy_timeout = milliseconds(50);
  return options;
}

// ---- in a hurry ----

TEST(HurriedConnection, GivesUpWhenItsTimeIsUsed) {
  const TempDatabase database({});
  const auto connection = database.Open();
  const LimitedScope limits(*connection, nullptr, steady_clock::now() + milliseconds(5));
  connection->SetHurry(milliseconds(5));
  const StatusOr<Statement*> statement = connection->Prepare(kEndless);
  ASSERT_TRUE(statement.ok());
  const StatementUse use(*statement);
  EXPECT_TRUE(absl::IsDeadlineExceeded(use->Step().status()));
  EXPECT_TRUE(connection->gave_up());
}

// Others take its core for longer than it may take: that is no time of its own.
TEST(HurriedConnection, WaitsForItsCore) {
  const TempDatabase database({});
  const auto connection = database.Open();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  std::atomic<bool> over{false};
  std::vector<std::thread> others;
  for (int i = 0; i < 24; ++i) {
    others.emplace_back([&] {
      pthread_setaffinity_np(pthread_self(), sizeof one, &one);
      while (!over) {
      }
    });
  }
  std::thread([&] {
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    for (int i = 0; i < 5; ++i) {
      const LimitedScope limits(*connection, nullptr, steady_clock::now() + milliseconds(60));
      connection->SetHurry(milliseconds(60));
      EXPECT_EQ(Ask(*connection,
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                    "20000) SELECT count(*) FROM n"),
                20000);
      EXPECT_FALSE(connection->gave_up());
    }
  }).join();
  over = true;
  for (std::thread& other : others) other.join();
}

// A thread that waits by itself, as for a disk, keeps others waiting.
TEST(HurriedConnection, GivesUpWhenItSleeps) {
  const TempDatabase database({});
  const auto connection = database.Open();
  sqlite3_create_function_v2(
      connection->handle(), "rest", 0, SQLITE_UTF8, nullptr,
      [](sqlite3_context* context, int, sqlite3_value**) {
        std::this_thread::sleep_for(milliseconds(1));
        sqlite3_result_int(context, 1);
      },
      nullptr, nullptr, nullptr);
  const LimitedScope limits(*connection, nullptr, steady_clock::now() + milliseconds(100));
  connection->SetHurry(milliseconds(100));
  const StatusOr<Statement*> statement = connection->Prepare(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
      "SELECT count(*) FROM n WHERE i % 500 <> 0 OR rest()");
  ASSERT_TRUE(statement.ok());
  const StatementUse use(*statement);
  EXPECT_TRUE(absl::IsDeadlineExceeded(use->Step().status()));
}

// ---- LIKE ----

// Ours and SQLite's own, in one connection each.
class LikeFunction : public ::testing::Test {
 protected:
  LikeFunction() : folder_({}), connection_(folder_.Open()) { sqlite3_open(":memory:", &plain_); }
  ~LikeFunction() override { sqlite3_close(plain_); }

  static std::string Run(sqlite3* handle, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
      return sqlite3_errmsg(handle);
    const int code = sqlite3_step(statement);
    std::string answer = code != SQLITE_ROW ? sqlite3_errmsg(handle)
                         : sqlite3_column_type(statement, 0) == SQLITE_NULL
                             ? "NULL"
                             : reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return answer;
  }

  const TempDatabase folder_;
  std::unique_ptr<Connection> connection_;
  sqlite3* plain_ = nullptr;
};

TEST_F(LikeFunction, AnswersAsSqlites) {
  const std::vector<std::string> operands = {"NULL",       "''",    "'a'",        "'A%'",
                                             "'%a%'",      "'a_c'", "'a\\_c'",    "'100%'",
                                             "10",         "10.25", "-1.5",       "x'6161'",
                                             "'é'",        "'É'",   "'%\\'",      "'\\\\'",
                                             "'a!_'",      "'!%%'", "'%' || 'b'", "char(97, 0, 98)",
                                             "zeroblob(3)"};
  const std::vector<std::string> escapes = {"'\\'", "'!'", "'a'",  "'%'", "'_'",
                                            "'é'",  "''",  "'ab'", "NULL"};
  for (const std::string& left : operands) {
    for (const std::string& right : operands) {
      for (const std::string& escape : escapes) {
        for (const std::string word : {" LIKE ", " NOT LIKE "}) {
          const std::string sql = "SELECT " + left + word + right + " ESCAPE " + escape;
          EXPECT_EQ(Run(connection_->handle(), sql), Run(plain_, sql)) << sql;
        }
      }
      const std::string without = "SELECT " + left + " LIKE " + right;
      EXPECT_EQ(Run(connection_->handle(), without), Run(plain_, without)) << without;
    }
  }
  const std::string longest = "SELECT 'a' LIKE printf('%.*c', 50000, 'a') ESCAPE '\\'";
  const std::string too_long = "SELECT 'a' LIKE printf('%.*c', 50001, 'a') ESCAPE '\\'";
  EXPECT_EQ(Run(connection_->handle(), longest), Run(plain_, longest));
  EXPECT_EQ(Run(connection_->handle(), too_long), Run(plain_, too_long));
}

// A pattern is looked at once for many rows, where it is the same for all of them.
TEST_F(LikeFunction, AnswersAsSqlitesRowByRow) {
  const std::string rows =
      "(SELECT 'abc' AS t, '%B%' AS p, '\\' AS e UNION ALL SELECT 'a_c', '%\\_%', '\\' UNION ALL "
      "SELECT NULL, '%b%', '!' UNION ALL SELECT x'62', '%b%', '\\' UNION ALL SELECT 12.5, '%2.%', "
      "'!' UNION ALL SELECT 100, '1%', '\\' UNION ALL SELECT 'x%', '%!%', '!' UNION ALL SELECT '', "
      "NULL, '\\' UNION ALL SELECT 'b', x'62', '\\')";
  const std::string patterns[] = {"p", "'%b%'", "'%\\_%'", "'1%'", "'%!%'", "NULL", "x'62'", "''"};
  for (const std::string& pattern : patterns) {
    for (const std::string escape : {"e", "'\\'", "'!'"}) {
      const std::string sql = "SELECT group_concat(coalesce(t LIKE " + pattern + " ESCAPE " +
                              escape + ", 'null')) FROM " + rows;
      EXPECT_EQ(Run(connection_->handle(), sql), Run(plain_, sql)) << sql;
    }
  }
}

// SQLite's own looks at each place of the text anew: 150 million steps a row,
// a minute for these (A18).
TEST_F(LikeFunction, IsLinear) {
  // And what follows is not SQLite's with patience.
  EXPECT_EQ(Run(connection_->handle(),
                "SELECT count(*) FROM pragma_function_list "
                "WHERE name = 'like' AND narg = 3 AND NOT builtin"),
            "1");
  const std::string sql =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
      "SELECT count(*) FROM n WHERE printf('%.*c', 100000, 'a') LIKE "
      "'%' || printf('%.*c', 1500, 'a') || 'b%' ESCAPE '\\'";
  EXPECT_EQ(Run(connection_->handle(), sql), "0");
}

// ---- instr ----

TEST_F(LikeFunction, InstrAnswersAsSqlites) {
  EXPECT_EQ(Run(connection_->handle(),
                "SELECT count(*) FROM pragma_function_list "
                "WHERE name = 'instr' AND narg = 2 AND NOT builtin"),
            "1");
  const std::vector<std::string> operands = {"NULL",
                                             "''",
                                             "'a'",
                                             "'abcabd'",
                                             "'abd'",
                                             "'bca'",
                                             "'äöü'",
                                             "'ü'",
                                             "'xäxü'",
                                             "10",
                                             "1.5",
                                             "'1'",
                                             "'.5'",
                                             "x'616263'",
                                             "x'6263'",
                                             "x'62'",
                                             "zeroblob(2)",
                                             "zeroblob(1)",
                                             "x''",
                                             "char(97, 0, 98)",
                                             "char(0)",
                                             "x'a4'",
                                             "CAST(x'a4' AS TEXT)",
                                             "CAST(x'a4c3a4' AS TEXT)",
                                             "CAST(x'c3' AS TEXT)",
                                             "printf('%.*cb', 100, 'a')",
                                             "printf('%.*cb', 40, 'a')"};
  for (const std::string& text : operands) {
    for (const std::string& part : operands) {
      const std::string sql = "SELECT instr(" + text + ", " + part + ")";
      EXPECT_EQ(Run(connection_->handle(), sql), Run(plain_, sql)) << sql;
    }
  }
}

// ---- opening ----

TEST(ConnectionOpen, NamesAMissingFile) {
  const TempDatabase folder({});
  const std::string path = folder.folder() + "/none.db";
  const auto opened = Connection::Open(path, {});
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(Message(opened.status()), HasSubstr(path));
  EXPECT_THAT(Message(opened.status()), HasSubstr("cannot open"));
  EXPECT_FALSE(std::filesystem::exists(path)) << "opening made a file";
}

TEST(ConnectionOpen, CreatesNoFileForWritingEither) {
  const TempDatabase folder({});
  const std::string path = folder.folder() + "/none.db";
  ConnectionOptions options;
  options.access = Access::kWrite;
  EXPECT_FALSE(Connection::Open(path, options).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ConnectionOpen, RefusesAFileThatIsNoDatabase) {
  const TempDatabase folder({});
  const std::string path = folder.folder() + "/text.db";
  std::ofstream(path) << std::string(4096, 'x');
  const auto opened = Connection::Open(path, {});
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(Message(opened.status()), HasSubstr(path));
  EXPECT_THAT(Message(opened.status()), HasSubstr("not a database"));
}

TEST(ConnectionOpen, SaysThatAnotherProcessHoldsTheLock) {
  const TempDatabase folder({"CREATE TABLE t (a)"});
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((folder.folder() + "/data.db").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(other, "PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE", nullptr, nullptr, nullptr),
      SQLITE_OK);
  ConnectionOptions options = Impatient();
  options.access = Access::kWrite;
  const auto opened = Connection::Open(folder.folder() + "/data.db", options);
  sqlite3_close(other);
  ASSERT_FALSE(opened.ok());
  EXPECT_TRUE(absl::IsUnavailable(opened.status()));
  EXPECT_THAT(Message(opened.status()), HasSubstr("locked by another process"));
  EXPECT_THAT(Message(opened.status()), HasSubstr("data.db"));
}

TEST(Connection, WaitsForALockOnlyAsLongAsTold) {
  const TempDatabase folder({"CREATE TABLE t (a)"});
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((folder.folder() + "/data.db").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  ConnectionOptions options = Impatient();
  options.access = Access::kWrite;
  auto opened = Connection::Open(folder.folder() + "/data.db", options);
  ASSERT_TRUE(opened.ok()) << Message(opened.status());
  const auto start = steady_clock::now();
  const Status status = (*opened)->Execute("INSERT INTO t VALUES (1)");
  EXPECT_TRUE(absl::IsUnavailable(status)) << Message(status);
  EXPECT_LT(steady_clock::now() - start, seconds(5));
  sqlite3_close(other);
  EXPECT_TRUE((*opened)->Execute("INSERT INTO t VALUES (1)").ok());
}

TEST(Connection, WritesNothingWhenOpenedToRead) {
  const TempDatabase folder({"CREATE TABLE t (a)"});
  const auto connection = folder.Open();
  EXPECT_FALSE(connection->Execute("INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(Ask(*connection, "SELECT count(*) FROM t"), 0);
}

// ---- statements ----

TEST(Connection, ReturnsSqlitesMessageForTextsThatDoNotCompile) {
  const TempDatabase folder({});
  const auto connection = folder.Open();
  const auto statement = connection->Prepare("SELECT nope");
  ASSERT_FALSE(statement.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(statement.status()));
  EXPECT_THAT(Message(statement.status()), HasSubstr("no such column: nope"));
  EXPECT_FALSE(connection->Prepare("").ok());
  EXPECT_FALSE(connection->Prepare("  -- only a comment").ok());
}

TEST(Connection, KeepsTheStatementsUsedLast) {
  const TempDatabase folder({});
  ConnectionOptions options;
  options.statements_max = 3;
  auto connection = Connection::Open(folder.folder() + "/data.db", options);
  ASSERT_TRUE(connection.ok());
  const auto count = [&] {
    int statements = 0;
    for (sqlite3_stmt* s = nullptr; (s = sqlite3_next_stmt((*connection)->handle(), s)) != nullptr;)
      ++statements;
    return statements;
  };
  Statement* const one = *(*connection)->Prepare("SELECT 1");
  (void)(*connection)->Prepare("SELECT 2");
  (void)(*connection)->Prepare("SELECT 3");
  EXPECT_EQ(count(), 3);
  EXPECT_EQ(*(*connection)->Prepare("SELECT 1"), one);
  EXPECT_EQ(count(), 3);
  // "SELECT 2" is now the one used longest ago.
  (void)(*connection)->Prepare("SELECT 4");
  EXPECT_EQ(count(), 3);
  std::vector<std::string> kept;
  for (sqlite3_stmt* s = nullptr; (s = sqlite3_next_stmt((*connection)->handle(), s)) != nullptr;)
    kept.push_back(sqlite3_sql(s));
  EXPECT_THAT(kept, ::testing::UnorderedElementsAre("SELECT 1", "SELECT 3", "SELECT 4"));
  // A text that fails is not kept and pushes nothing out.
  EXPECT_FALSE((*connection)->Prepare("SELECT nope").ok());
  EXPECT_EQ(count(), 3);
}

TEST(Statement, BindsAndReadsEveryStorageClass) {
  const TempDatabase folder({});
  const auto connection = folder.Open();
  Statement* const statement = *connection->Prepare("SELECT ?1, typeof(?1)");
  const std::string zero("a\0b", 3);
  struct Case {
    ValueView value;
    std::string_view type;
  };
  const Case kCases[] = {{ValueView::Null(), "null"},
                         {ValueView::Integer(INT64_MIN), "integer"},
                         {ValueView::Real(0.1), "real"},
                         {ValueView::Text(""), "text"},
                         {ValueView::Text(std::string_view()), "text"},
                         {ValueView::Text(zero), "text"}};
  for (const Case& test : kCases) {
    const StatementUse use(statement);
    use->Bind(1, test.value);
    ASSERT_TRUE(*use->Step());
    EXPECT_EQ(use->column_count(), 2);
    EXPECT_EQ(use->Column(0).storage, test.value.storage);
    EXPECT_EQ(use->Column(0).integer, test.value.integer);
    EXPECT_EQ(use->Column(0).real, test.value.real);
    EXPECT_EQ(use->Column(0).text, test.value.text);
    EXPECT_EQ(use->Column(1).text, test.type);
    EXPECT_FALSE(*use->Step());
  }
}

TEST(Statement, ForgetsItsParametersWhenReset) {
  const TempDatabase folder({});
  const auto connection = folder.Open();
  Statement* const statement = *connection->Prepare("SELECT ?1");
  {
    const StatementUse use(statement);
    use->Bind(1, ValueView::Integer(7));
    ASSERT_TRUE(*use->Step());
  }
  const StatementUse use(statement);
  ASSERT_TRUE(*use->Step());
  EXPECT_TRUE(use->Column(0).is_null());
}

TEST(Statement, ReadsABlobAsText) {
  const TempDatabase folder({});
  const auto connection = folder.Open();
  const StatementUse use(*connection->Prepare("SELECT x'616200', x''"));
  ASSERT_TRUE(*use->Step());
  EXPECT_EQ(use->Column(0).text, std::string_view("ab\0", 3));
  EXPECT_EQ(use->Column(1).storage, StorageClass::kText);
  EXPECT_EQ(use->Column(1).text, "");
}

// ---- limits ----

TEST(Limits, StopAQueryAtItsDeadline) {
  const TempDatabase folder({});
  const auto connection = folder.Open();
  const auto start = steady_clock::now();
  connection->SetLimits(nullptr, start + milliseconds(30));
  const StatementUse use(*connection->Prepare(kEndless));
  const StatusOr<bool> row = use->Step();
  EXPECT_TRUE(absl::IsDeadlineExceeded(row.status()));
  EXPECT_GE(steady_clock::now() - start, milliseconds(30));
  EXPECT_LT(steady_clock::now() - start, seconds(10));
}

TEST(Limits, StopAQueryWhoseClientLeft) {
  const TempDatabase folder({});
  const auto connection = folder.Open();
  int asked = 0;
  connection->SetLimits([&] { return ++asked > 5; }, steady_clock::time_point::max());
  const StatementUse use(*connection->Prepare(kEndless));
  EXPECT_FALSE(use->Step().ok());
  EXPECT_EQ(asked, 6);
}

TEST(Limits, AreGoneWhenCleared) {
  const TempDatabase folder({});
  const auto connection = folder.Open();
  const std::string some =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT count(*) "
      "FROM n";
  connection->SetLimits([] { return true; }, steady_clock::now());
  {
    const StatementUse use(*connection->Prepare(some));
    EXPECT_FALSE(use->Step().ok());
  }
  connection->ClearLimits();
  EXPECT_EQ(Ask(*connection, some), 20000);
}

TEST(Limits, LeaveTheConnectionUsable) {
  const TempDatabase folder({});
  const auto connection = folder.Open();
  for (int i = 0; i < 3; ++i) {
    connection->SetLimits(nullptr, steady_clock::now() + milliseconds(5));
    {
      const StatementUse use(*connection->Prepare(kEndless));
      EXPECT_FALSE(use->Step().ok());
    }
    connection->SetLimits(nullptr, steady_clock::now() + seconds(60));
    EXPECT_EQ(Ask(*connection, "SELECT 7"), 7);
  }
}

// ---- snapshots ----

TEST(ReadSnapshot, SeesOneStateUntilItEnds) {
  const TempDatabase folder({"CREATE TABLE t (a)"});
  const auto reader = folder.Open();
  const auto writer = folder.Open(Access::kWrite);
  {
    const auto snapshot = ReadSnapshot::Begin(*reader);
    ASSERT_TRUE(snapshot.ok());
    EXPECT_EQ(Ask(*reader, "SELECT count(*) FROM t"), 0);
    ASSERT_TRUE(writer->Execute("INSERT INTO t VALUES (1)").ok());
    EXPECT_EQ(Ask(*reader, "SELECT count(*) FROM t"), 0);
  }
  EXPECT_EQ(Ask(*reader, "SELECT count(*) FROM t"), 1);
}

// SQLite asks for the limits in COMMIT, too, once in a few hundred: what was left
// open failed all later requests of the thread.
TEST(ReadSnapshot, EndsWhateverTheLimitsSay) {
  const TempDatabase folder({"CREATE TABLE t (a)"});
  const auto reader = folder.Open();
  for (int i = 0; i < 3000; ++i) {
    reader->ClearLimits();
    {
      const auto snapshot = ReadSnapshot::Begin(*reader);
      ASSERT_TRUE(snapshot.ok()) << i << ": " << snapshot.status();
      reader->SetLimits([] { return false; }, steady_clock::now());
    }
    ASSERT_FALSE(reader->in_transaction()) << i;
  }
  // Nor does one fail that has begun.
  for (int i = 0; i < 3000; ++i) {
    reader->SetLimits([] { return false; }, steady_clock::now());
    const auto snapshot = ReadSnapshot::Begin(*reader);
    ASSERT_TRUE(snapshot.ok()) << i << ": " << snapshot.status();
  }
  // The limits are as they were.
  const StatementUse use(*reader->Prepare(kEndless));
  EXPECT_FALSE(use->Step().ok());
  EXPECT_TRUE(reader->gave_up());
}

TEST(LocalReaders, OneForEachThread) {
  const TempDatabase folder({"CREATE TABLE t (a)"});
  const LocalReaders one(folder.folder() + "/data.db", {});
  const LocalReaders other(folder.folder() + "/data.db", {});
  Connection* const mine = one.OfThread();
  ASSERT_NE(mine, nullptr);
  EXPECT_EQ(one.OfThread(), mine);
  std::thread([&] {
    EXPECT_NE(one.OfThread(), mine);
    EXPECT_NE(one.OfThread(), nullptr);
  }).join();
  EXPECT_EQ(Ask(*other.OfThread(), "SELECT count(*) FROM t"), 0);
  const LocalReaders missing(folder.folder() + "/missing.db", {});
  EXPECT_EQ(missing.OfThread(), nullptr);
}

// ---- the pool ----

// Counts down from several threads; waits with a limit.
class Latch {
 public:
  explicit Latch(int count) : count_(count) {}
  void Down() {
    const std::lock_guard lock(mutex_);
    --count_;
    zero_.notify_all();
  }
  bool Wait() {
    std::unique_lock lock(mutex_);
    return zero_.wait_for(lock, seconds(60), [this] { return count_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  int count_;
};

ReaderPoolOptions PoolOf(std::size_t threads, std::size_t queue_max) {
  ReaderPoolOptions options;
  options.threads = threads;
  options.queue_max = queue_max;
  return options;
}

TEST(ReaderPool, FailsToStartWithoutADatabase) {
  const TempDatabase folder({});
  const auto pool = ReaderPool::Start(folder.folder() + "/none.db", {});
  ASSERT_FALSE(pool.ok());
  EXPECT_THAT(Message(pool.status()), HasSubstr("none.db"));
}

TEST(ReaderPool, RunsEveryJobOnce) {
  const TempDatabase folder({"CREATE TABLE t (a)", "INSERT INTO t VALUES (3)"});
  auto pool = ReaderPool::Start(folder.folder() + "/data.db", PoolOf(4, 10000));
  ASSERT_TRUE(pool.ok());
  constexpr int kJobs = 2000;
  std::atomic<std::int64_t> sum = 0;
  Latch done(kJobs);
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&] {
      for (int i = 0; i < kJobs / 4; ++i) {
        const bool queued = (*pool)->Submit([&](Connection& connection) {
          sum += Ask(connection, "SELECT a FROM t");
          done.Down();
        });
        EXPECT_TRUE(queued);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_TRUE(done.Wait());
  EXPECT_EQ(sum, 3 * kJobs);
}

TEST(ReaderPool, OutlivesAJobThatThrows) {
  const TempDatabase folder({"CREATE TABLE t (a)", "INSERT INTO t VALUES (3)"});
  auto pool = ReaderPool::Start(folder.folder() + "/data.db", PoolOf(1, 10));
  ASSERT_TRUE(pool.ok());
  Latch done(1);
  EXPECT_TRUE((*pool)->Submit([](Connection& connection) {
    const auto snapshot = ReadSnapshot::Begin(connection);
    throw std::bad_alloc();
  }));
  EXPECT_TRUE((*pool)->Submit([&](Connection& connection) {
    EXPECT_FALSE(connection.in_transaction());
    EXPECT_EQ(Ask(connection, "SELECT a FROM t"), 3);
    done.Down();
  }));
  EXPECT_TRUE(done.Wait());
}

TEST(ReaderPool, RefusesJobsBeyondItsQueue) {
  const TempDatabase folder({});
  auto pool = ReaderPool::Start(folder.folder() + "/data.db", PoolOf(1, 2));
  ASSERT_TRUE(pool.ok());
  Latch started(1);
  Latch release(1);
  Latch ran(3);
  ASSERT_TRUE((*pool)->Submit([&](Connection&) {
    started.Down();
    EXPECT_TRUE(release.Wait());
    ran.Down();
  }));
  ASSERT_TRUE(started.Wait());
  EXPECT_TRUE((*pool)->Submit([&](Connection&) { ran.Down(); }));
  EXPECT_TRUE((*pool)->Submit([&](Connection&) { ran.Down(); }));
  EXPECT_FALSE((*pool)->Submit([](Connection&) { FAIL() << "a refused job ran"; }));
  release.Down();
  EXPECT_TRUE(ran.Wait());
  EXPECT_TRUE((*pool)->Submit([](Connection&) {}));
}

TEST(ReaderPool, RunsWhatIsQueuedBeforeItEnds) {
  const TempDatabase folder({});
  std::atomic<int> ran = 0;
  {
    auto pool = ReaderPool::Start(folder.folder() + "/data.db", PoolOf(2, 1000));
    ASSERT_TRUE(pool.ok());
    for (int i = 0; i < 500; ++i) ASSERT_TRUE((*pool)->Submit([&](Connection&) { ++ran; }));
  }
  EXPECT_EQ(ran, 500);
}

}  // namespace
}  // namespace sluice::store
