// The rows of `_logs`: written in the background, pruned, read (S-92).
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

#include "sluice/status.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/log_table.h"

namespace sluice::logs {

struct LogOptions {
  // Rows are written when so many wait, or none came for so long (S-92).
  std::size_t batch = 200;
  std::chrono::milliseconds quiet{3000};
  // Under load a full batch waits for more: the indexes are of random texts, so
  // that few rows touch nearly as many pages as many do. Reading the log does
  // not wait.
  std::chrono::milliseconds gather{1000};
  std::size_t gather_max = 8000;
  std::size_t gather_bytes_max = std::size_t{4} << 20U;
  // Rows that wait, and the memory they take; more are dropped, and counted.
  // Logging never slows requests.
  std::size_t waiting_max = 20000;
  std::size_t waiting_bytes_max = std::size_t{8} << 20U;
};

// Safe from any thread.
class ActivityLog {
 public:
  // Opens auxiliary.db in the folder, or makes it.
  static StatusOr<std::unique_ptr<ActivityLog>> Start(const std::string& folder,
                                                      const LogOptions& options);
  // Writes what waits.
  ~ActivityLog();

  // Never waits for the disk.
  void Append(const store::LogRow& row);

  // Waits until everything appended so far is in the database.
  void Flush();

  // Removes rows older than that many days or below the level; with 0 days all
  // (S-92). On the log's own thread, later.
  void Prune(std::int64_t days_max, std::int64_t level_min);

  // Runs on the log's own thread and connection, outside of a transaction;
  // waits for it. For maintenance.
  Status Run(const std::function<Status(store::Connection&)>& job);

  // Reads on the calling thread, one reader at a time.
  Status Read(const std::function<Status(store::Connection&)>& job);

  // What waits now, for figures.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return rows_.size();
  }

  std::uint64_t dropped() const { return dropped_.load(); }

 private:
  explicit ActivityLog(const LogOptions& options) : options_(options) {}
  void Loop();
  void Write(const store::LogRows& rows);
  // Both with mutex_ held.
  bool Filled() const;
  bool Overfull() const;

  const LogOptions options_;
  std::unique_ptr<store::Connection> writer_;  // of the thread
  std::mutex read_mutex_;
  std::unique_ptr<store::Connection> reader_;  // guarded by read_mutex_
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  store::LogRows rows_;
  std::deque<std::function<void(store::Connection&)>> jobs_;
  bool hurry_ = false;
  bool busy_ = false;
  bool stopping_ = false;
  std::atomic<std::uint64_t> dropped_{0};
  std::thread thread_;
};

}  // namespace sluice::logs
