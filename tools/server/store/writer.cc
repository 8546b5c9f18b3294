// Tested by tests/server/writer_test.cc and writer_fault_test.cc, under the
// thread sanitizer too.
#include "tools/server/store/writer.h"

#include <array>
#include <future>
#include <utility>

#include "tools/server/threads/guard.h"

namespace sluice::store {
namespace {

using std::chrono::milliseconds;

// R-130; the last one is repeated.
constexpr std::array<milliseconds, 8> kPauses = {
    milliseconds(100), milliseconds(150), milliseconds(200), milliseconds(300),
    milliseconds(400), milliseconds(500), milliseconds(700), milliseconds(1000)};

// Prepared once: run for each transaction, or each job.
Status RunPrepared(Connection& connection, const char* text) {
  return threads::Guarded([&]() -> Status {
    SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare(text));
    const StatementUse use(statement);
    return use->Step().status();
  });
}

Status GivenUp() {
  return threads::Guarded([] { return absl::InternalError("the transaction was given up"); });
}

Status NotWritten(std::string_view what, const Status& cause) {
  return absl::UnavailableError(std::string(what) + ": " + std::string(AsStd(cause.message())));
}

}  // namespace

StatusOr<std::unique_ptr<Writer>> Writer::Start(const std::string& path,
                                                const WriterOptions& options) {
  std::unique_ptr<Writer> writer(new Writer(options));
  ConnectionOptions connection;
  connection.access = Access::kWrite;
  connection.busy_timeout = options.busy_timeout;
  connection.cache_kib = options.cache_kib;
  connection.statements_max = 1024;  // several for each collection
  connection.sync_full = options.sync_full;
  connection.auto_checkpoint = false;
  SLUICE_ASSIGN_OR_RETURN(writer->connection_, Connection::Open(path, connection));
  SLUICE_ASSIGN_OR_RETURN(writer->checkpointer_, Checkpointer::Start(path, options.checkpoints));
  Writer* const raw = writer.get();
  raw->connection_->OnCommit([raw](int pages) {
    if (raw->checkpointer_->Committed(pages)) raw->restart_log_ = true;
  });
  writer->thread_ = std::thread([raw] { threads::RunLasting([raw] { raw->Loop(); }); });
  return writer;
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  if (thread_.joinable()) thread_.join();
  checkpointer_.reset();
  if (connection_ == nullptr) return;
  // As far as others let it; the log is whole either way.
  connection_->SetBusyTimeout(options_.checkpoints.restart_wait);
  (void)connection_->Checkpoint(CheckpointMode::kTruncate);
}

bool Writer::Submit(Job job, Done done, JobKind kind) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || tasks_.size() >= options_.queue_max) return false;
    tasks_.push_back({std::move(job), std::move(done), kind, absl::OkStatus(), {}});
  }
  ready_.notify_one();
  return true;
}

Status Writer::Run(const Job& job, JobKind kind) {
  std::promise<Status> outcome;
  const auto done = [&outcome](const Status& status) { outcome.set_value(status); };
  if (!Submit(job, done, kind)) return absl::UnavailableError("too many writes wait");
  return outcome.get_future().get();
}

void Writer::AfterCommit(std::function<void()> work) {
  running_->after_commit.push_back(std::move(work));
}

WriterCounts Writer::counts() const { return {jobs_.load(), commits_.load(), repeated_.load()}; }

void Writer::Loop() {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    const bool shared = task.kind == JobKind::kShared || task.kind == JobKind::kStatement;
    shared ? RunGroup(std::move(task)) : RunAlone(std::move(task));
    if (stuck_.count > 0) FailQueued();
    if (std::exchange(restart_log_, false)) {
      threads::Try([this] { RestartLog(); });
    }
  }
}

void Writer::RunAlone(Task task) {
  if (task.kind == JobKind::kOutside) {
    RunJob(task);
  } else {
    RunInTransaction(task);
  }
  Finish(task);
}

// The next job, if it may share the transaction.
bool Writer::TakeShared(Task& task) {
  const std::lock_guard lock(mutex_);
  if (tasks_.empty()) return false;
  const JobKind kind = tasks_.front().kind;
  if (kind != JobKind::kShared && kind != JobKind::kStatement) return false;
  task = std::move(tasks_.front());
  tasks_.pop_front();
  return true;
}

void Writer::RunGroup(Task first) {
  std::vector<Task> group;
  first.status = threads::Guarded([&] {
    // No job may be lost on its way into the group: somebody waits for each.
    group.reserve(options_.group_max + 1);
    return Begin();
  });
  if (!first.status.ok()) return Finish(first);
  group.push_back(std::move(first));
  const auto end = std::chrono::steady_clock::now() + options_.group_time;
  while (true) {
    const Outcome outcome = RunInGroup(group.back(), group.size() == 1);
    if (outcome == Outcome::kAllUndone) {
      // All but the one whose run ended it: that one keeps its failure.
      Task last = std::move(group.back());
      group.pop_back();
      Repeat(group);
      return Finish(last);
    }
    if (group.size() >= options_.group_max || std::chrono::steady_clock::now() >= end) break;
    Task next;
    if (!TakeShared(next)) break;
    group.push_back(std::move(next));
  }
  if (const Status status = threads::Guarded([this] { return Commit(); }); !status.ok()) {
    // Also those who failed are told so: they may have failed because of rows
    // that are not there now.
    for (Task& task : group) task.status = status;
  }
  for (Task& task : group) Finish(task);
}

void Writer::RunJob(Task& task) {
  task.after_commit.clear();
  running_ = &task;
  task.status = threads::Guarded([&] { return task.job(*connection_); });
  running_ = nullptr;
}

Writer::Outcome Writer::RunInGroup(Task& task, bool first) {
  // The first one needs no savepoint: undone with it is nothing else.
  const bool savepoint = !first && task.kind == JobKind::kShared;
  if (savepoint) {
    task.status = RunPrepared(*connection_, "SAVEPOINT job");
    if (!task.status.ok()) return GiveUp();
  }
  const std::int64_t changes = connection_->total_changes();
  RunJob(task);
  if (!connection_->in_transaction()) {
    if (task.status.ok()) task.status = GivenUp();
    return Outcome::kAllUndone;
  }
  if (task.status.ok()) {
    if (!savepoint) return Outcome::kKept;
    const Status released = RunPrepared(*connection_, "RELEASE job");
    if (released.ok()) return Outcome::kKept;
    task.status = released;
    return GiveUp();
  }
  if (savepoint) {
    const bool undone = RunPrepared(*connection_, "ROLLBACK TO job").ok() &&
                        RunPrepared(*connection_, "RELEASE job").ok();
    return undone ? Outcome::kUndone : GiveUp();
  }
  // A failing statement has undone itself. One that had written after all, and
  // the first job of a group, are undone with everything.
  return connection_->total_changes() == changes && !first ? Outcome::kUndone : GiveUp();
}

Writer::Outcome Writer::GiveUp() {
  Rollback();
  return Outcome::kAllUndone;
}

// Each in a transaction of its own, so that nobody's failure is another's.
void Writer::Repeat(std::vector<Task>& tasks) {
  for (Task& task : tasks) {
    repeated_.fetch_add(1, std::memory_order_relaxed);
    RunInTransaction(task);
    Finish(task);
  }
}

void Writer::RunInTransaction(Task& task) {
  task.status = threads::Guarded([this] { return Begin(); });
  if (!task.status.ok()) return;
  RunJob(task);
  if (!connection_->in_transaction()) {
    if (task.status.ok()) task.status = GivenUp();
  } else if (task.status.ok()) {
    task.status = threads::Guarded([this] { return Commit(); });
  } else {
    Rollback();
  }
}

void Writer::Finish(Task& task) {
  jobs_.fetch_add(1, std::memory_order_relaxed);
  // What they want and cannot do is theirs: the next one is told all the same.
  if (task.status.ok()) {
    for (const auto& work : task.after_commit) threads::Try(work);
  }
  if (task.done) threads::Try([&task] { task.done(task.status); });
}

// ---- the transaction ----

bool Writer::Pause(std::size_t retry) {
  if (retry >= options_.busy_retries) return false;
  const milliseconds pause = kPauses[std::min(retry, kPauses.size() - 1)];
  std::unique_lock lock(mutex_);
  return !ready_.wait_for(lock, pause, [this] { return stopping_; });
}

Status Writer::Begin() {
  Rollback();  // that of an earlier one may have failed
  std::size_t waiting = 0;
  {
    const std::lock_guard lock(mutex_);
    waiting = tasks_.size();
  }
  Status status = RunPrepared(*connection_, "BEGIN IMMEDIATE");
  for (std::size_t i = 0; absl::IsUnavailable(status) && Pause(i); ++i)
    status = RunPrepared(*connection_, "BEGIN IMMEDIATE");
  if (status.ok()) return status;
  status = NotWritten("nothing can be written", status);
  stuck_ = {waiting, status};
  return status;
}

Status Writer::Commit() {
  // Nothing here throws but the text of a failure, after the transaction's end.
  Status status = RunPrepared(*connection_, "COMMIT");
  // Only without a write-ahead log, where readers delay a commit.
  for (std::size_t i = 0; absl::IsUnavailable(status) && connection_->in_transaction() && Pause(i);
       ++i) {
    status = RunPrepared(*connection_, "COMMIT");
  }
  if (status.ok()) {
    commits_.fetch_add(1, std::memory_order_relaxed);
    return status;
  }
  Rollback();
  return NotWritten("what was written could not be kept", status);
}

// Some errors have ended the transaction already.
void Writer::Rollback() {
  if (connection_->in_transaction()) (void)RunPrepared(*connection_, "ROLLBACK");
}

// Jobs that have waited as long as one that could not begin are not made to
// wait that long again.
void Writer::FailQueued() {
  const Stuck stuck = std::exchange(stuck_, {});
  for (std::size_t i = 0; i < stuck.count; ++i) {
    Task task;
    {
      const std::lock_guard lock(mutex_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task.status = stuck.status;
    Finish(task);
  }
}

// Between transactions. What the checkpointer has not yet copied is little.
void Writer::RestartLog() {
  connection_->SetBusyTimeout(options_.checkpoints.restart_wait);
  (void)connection_->Checkpoint(CheckpointMode::kRestart);
  connection_->SetBusyTimeout(options_.busy_timeout);
  checkpointer_->Restarted();
}

}  // namespace sluice::store
