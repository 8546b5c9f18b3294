// Tested by tests/server/oauth2_web_client_test.cc.
#include "tools/server/oauth2/fetch_pool.h"

#include <utility>

#include "tools/server/threads/guard.h"

namespace sluice::oauth2 {

FetchPool::FetchPool(const FetchPoolOptions& options) : queue_max_(options.queue_max) {
  for (std::size_t i = 0; i < options.threads; ++i)
    threads_.emplace_back([this] { threads::RunLasting([&] { Work(); }); });
}

FetchPool::~FetchPool() { Stop(); }

bool FetchPool::Submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() >= queue_max_) return false;
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

void FetchPool::Stop() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void FetchPool::Work() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace sluice::oauth2
