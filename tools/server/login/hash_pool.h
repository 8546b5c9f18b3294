// Threads for bcrypt, apart from those that answer reads: few, of low
// priority, with a bounded queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::login {

struct HashPoolOptions {
  std::size_t threads = 0;  // 0: one for each core
  std::size_t queue_max = 256;
};

// Safe to use from any thread.
class HashPool {
 public:
  using Job = std::function<void()>;

  explicit HashPool(const HashPoolOptions& options = {});
  // As Stop.
  ~HashPool();

  // False when too many wait, or it is stopped: the request is answered 503.
  bool Submit(Job job);

  // What waits now, for figures.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return jobs_.size();
  }

  // Drops what waits and ends the threads.
  void Stop();

 private:
  void Work();

  std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::login
