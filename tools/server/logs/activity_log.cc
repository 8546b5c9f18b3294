// Tested by tests/server/logs_test.cc, under the thread sanitizer too.
#include "tools/server/logs/activity_log.h"

#include <chrono>
#include <future>
#include <utility>

#include "tools/server/store/system_tables.h"
#include "tools/server/threads/guard.h"

namespace sluice::logs {

StatusOr<std::unique_ptr<ActivityLog>> ActivityLog::Start(const std::string& folder,
                                                          const LogOptions& options) {
  const std::string path = folder + "/auxiliary.db";
  std::unique_ptr<ActivityLog> log(new ActivityLog(options));
  SLUICE_ASSIGN_OR_RETURN(log->writer_, store::OpenLogs(path));
  store::ConnectionOptions reading;
  reading.cache_kib = 1024;
  reading.statements_max = 32;
  SLUICE_ASSIGN_OR_RETURN(log->reader_, store::Connection::Open(path, reading));
  log->thread_ = std::thread([raw = log.get()] { threads::RunLasting([&] { raw->Loop(); }); });
  return log;
}

ActivityLog::~ActivityLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool ActivityLog::Filled() const {
  return rows_.size() >= options_.gather_max || rows_.bytes() >= options_.gather_bytes_max;
}

bool ActivityLog::Overfull() const {
  return rows_.size() >= options_.waiting_max || rows_.bytes() >= options_.waiting_bytes_max;
}

void ActivityLog::Append(const store::LogRow& row) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (Overfull()) {
      dropped_.fetch_add(1);
      return;
    }
    const bool was_filled = Filled();
    rows_.Add(row);
    // The thread sleeps between the first row and the batch that is full.
    wake = rows_.size() == 1 || rows_.size() == options_.batch || Filled() != was_filled;
  }
  if (wake) changed_.notify_all();
}

void ActivityLog::Flush() {
  std::unique_lock lock(mutex_);
  hurry_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return stopping_ || (rows_.empty() && jobs_.empty() && !busy_); });
}

void ActivityLog::Prune(std::int64_t days_max, std::int64_t level_min) {
  const auto cut = std::chrono::system_clock::now() - std::chrono::hours(24 * days_max);
  const auto job = [days_max, level_min, cut](store::Connection& connection) {
    // A failure is one of the disk; the next run tries again.
    if (days_max == 0) {
      (void)store::ClearLogs(connection);
    } else {
      (void)store::DeleteLogs(connection, store::StoredTime(cut), level_min);
    }
  };
  {
    const std::lock_guard lock(mutex_);
    jobs_.emplace_back(job);
  }
  changed_.notify_all();
}

Status ActivityLog::Run(const std::function<Status(store::Connection&)>& job) {
  std::promise<Status> outcome;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return absl::UnavailableError("the log is being closed");
    jobs_.emplace_back([&](store::Connection& connection) {
      outcome.set_value(threads::Guarded([&] { return job(connection); }));
    });
  }
  changed_.notify_all();
  return outcome.get_future().get();
}

Status ActivityLog::Read(const std::function<Status(store::Connection&)>& job) {
  const std::lock_guard lock(read_mutex_);
  return job(*reader_);
}

void ActivityLog::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    busy_ = false;
    if (rows_.empty() && jobs_.empty()) {
      hurry_ = false;
      changed_.notify_all();
    }
    const auto urgent = [this] {
      return stopping_ || !jobs_.empty() || rows_.size() >= options_.batch ||
             (hurry_ && !rows_.empty());
    };
    changed_.wait(lock, [&] { return urgent() || !rows_.empty(); });
    // Quiet is counted from the last row.
    for (std::size_t seen = 0; !urgent() && seen != rows_.size();) {
      seen = rows_.size();
      changed_.wait_for(lock, options_.quiet, urgent);
    }
    changed_.wait_for(lock, options_.gather,
                      [this] { return stopping_ || hurry_ || !jobs_.empty() || Filled(); });
    const bool many = Filled();
    store::LogRows rows = std::exchange(rows_, {});
    const auto jobs = std::exchange(jobs_, {});
    if (rows.empty() && jobs.empty() && stopping_) return;
    busy_ = true;
    lock.unlock();
    threads::Try([&] { Write(rows); });
    rows = {};
    // Pages are kept for rounds that follow each other at once.
    if (!many) writer_->ReleaseCache();
    for (const auto& job : jobs) threads::Try([&] { job(*writer_); });
    lock.lock();
  }
}

void ActivityLog::Write(const store::LogRows& rows) {
  if (rows.empty()) return;
  Status status = writer_->Execute("BEGIN IMMEDIATE");
  if (status.ok()) status = store::InsertLogs(*writer_, rows);
  if (status.ok()) status = writer_->Execute("COMMIT");
  if (status.ok()) return;
  // Losing logs is harmless (S-1).
  (void)writer_->Execute("ROLLBACK");
  dropped_.fetch_add(rows.size());
}

}  // namespace sluice::logs
