// The one thread that writes, and its connection (design/core.md 5).
//
// Queued jobs share a transaction: each runs in a savepoint, and all are
// answered after the commit that holds them. The durability is the folder's
// (S-3): a process that is killed loses nothing that was answered; `sync_full`
// says the same of a machine that loses its power.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sluice/status.h"
#include "tools/server/store/checkpointer.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

struct WriterOptions {
  // How long a lock of another process is waited for, and how often again
  //
  std::chrono::milliseconds busy_timeout{10000};
  std::size_t busy_retries = 12;
  std::size_t queue_max = 4096;
  // A transaction ends when nothing waits, or with so many jobs or so much time.
  std::size_t group_max = 256;
  std::chrono::microseconds group_time{5000};
  // PRAGMA synchronous=FULL rather than NORMAL: each commit is synced.
  bool sync_full = false;
  std::int64_t cache_kib = 8192;
  CheckpointOptions checkpoints;
};

// How a job shares a transaction.
enum class JobKind : std::uint8_t {
  kShared,     // with others, in a savepoint
  kStatement,  // with others; it writes by one statement at most and does nothing
               // that can fail after it, so it needs no savepoint
  kAlone,      // a transaction of its own: changes of the schema. No other job
               // starts before its Done has returned
  kOutside,    // none: VACUUM, PRAGMA optimize. As kAlone otherwise
};

// What was done since the start.
struct WriterCounts {
  std::uint64_t jobs = 0;      // that ended
  std::uint64_t commits = 0;   // that succeeded
  std::uint64_t repeated = 0;  // runs of jobs whose first run another one undid
};

class Writer {
 public:
  // A status that is not OK undoes all that the job did, and nothing else.
  //
  // A job may run again from the start: when SQLite gave up the whole
  // transaction because of another job (no space, no memory, an interrupt).
  // So it sets anew all that it gives to the outside, keeps what it was given,
  // and has no effect but on the connection; the rest goes to AfterCommit or
  // Done. It neither begins nor ends a transaction; savepoints of its own it
  // closes. All statements are reset when it returns.
  using Job = std::function<Status(Connection&)>;
  // Told the outcome once, on the writer's thread, after the commit or
  // rollback, in the order of submission. kUnavailable when the transaction
  // could not begin or commit, also to jobs that had done well. Must not block
  // for long: the next transaction waits.
  using Done = std::function<void(const Status&)>;

  static StatusOr<std::unique_ptr<Writer>> Start(const std::string& path,
                                                 const WriterOptions& options);
  // Runs what is queued, then ends the thread and empties the log (TRUNCATE).
  ~Writer();

  // False when too many wait: the request is answered 503, `done` is not told.
  bool Submit(Job job, Done done, JobKind kind = JobKind::kShared);

  // Submits and waits. Not to be called on the writer's thread.
  Status Run(const Job& job, JobKind kind = JobKind::kShared);

  // Only inside of a running job: `work` runs after the commit, right before
  // the job's Done, in the order of commits; never when the job is undone.
  void AfterCommit(std::function<void()> work);

  // From any thread.
  WriterCounts counts() const;

 private:
  struct Task {
    Job job;
    Done done;
    JobKind kind = JobKind::kShared;
    Status status;
    std::vector<std::function<void()>> after_commit;
  };
  enum class Outcome : std::uint8_t { kKept, kUndone, kAllUndone };
  struct Stuck {
    std::size_t count = 0;
    Status status;
  };

  explicit Writer(const WriterOptions& options) : options_(options) {}
  void Loop();
  void RunAlone(Task task);
  void RunGroup(Task first);
  bool TakeShared(Task& task);
  Outcome RunInGroup(Task& task, bool first);
  void RunJob(Task& task);
  void Repeat(std::vector<Task>& tasks);
  void RunInTransaction(Task& task);
  Status Begin();
  Status Commit();
  void Rollback();
  void FailQueued();
  void Finish(Task& task);
  Outcome GiveUp();
  void RestartLog();
  bool Pause(std::size_t retry);

  const WriterOptions options_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Checkpointer> checkpointer_;
  // Of the writer's thread only.
  Task* running_ = nullptr;
  bool restart_log_ = false;
  Stuck stuck_;
  std::atomic<std::uint64_t> jobs_{0}, commits_{0}, repeated_{0};
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::store
