// Threads that wait for other servers, apart from those that answer requests:
// few, with a bounded queue.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::oauth2 {

struct FetchPoolOptions {
  std::size_t threads = 8;
  std::size_t queue_max = 128;
};

// Safe to use from any thread.
class FetchPool {
 public:
  using Job = std::function<void()>;

  explicit FetchPool(const FetchPoolOptions& options = {});
  // As Stop.
  ~FetchPool();

  // False when too many wait, or it is stopped: the request is answered 503.
  bool Submit(Job job);

  // What waits now, for figures.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return jobs_.size();
  }

  // Drops what waits, and ends the threads; jobs that run ask stopping().
  void Stop();
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

 private:
  void Work();

  const std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::oauth2
