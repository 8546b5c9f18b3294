// The threads that read: each owns one connection, jobs wait in one bounded
// queue (design/core.md 5).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

struct ReaderPoolOptions {
  std::size_t threads = 4;
  std::size_t queue_max = 4096;  // jobs that wait; beyond it Submit refuses
  std::int64_t cache_kib_total = 32768;
  std::int64_t mmap_bytes = 0;
  // Added to the threads' nice value: more leaves the cores to others.
  int nice = 0;
};

class ReaderPool {
 public:
  using Job = std::function<void(Connection&)>;

  // Opens all connections, so that a folder that cannot be read is known now.
  static StatusOr<std::unique_ptr<ReaderPool>> Start(const std::string& path,
                                                     const ReaderPoolOptions& options);
  // As Stop.
  ~ReaderPool();

  // False when the queue is full: the request is answered 503.
  bool Submit(Job job);

  // Runs what is queued, then ends the threads; refuses all that comes later.
  void Stop();

 private:
  explicit ReaderPool(const ReaderPoolOptions& options)
      : queue_max_(options.queue_max), nice_(options.nice) {}
  void Run(Connection& connection);
  void RunJobs(Connection& connection);

  std::size_t queue_max_;
  int nice_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::store
