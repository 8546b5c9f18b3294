// Tested by tests/server/login_hash_pool_test.cc.
#include "tools/server/login/hash_pool.h"

#include <algorithm>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

#include "tools/server/threads/guard.h"

namespace sluice::login {
namespace {

// Behind every thread that answers reads, ahead of nothing.
constexpr int kNiceness = 10;

}  // namespace

HashPool::HashPool(const HashPoolOptions& options) : queue_max_(options.queue_max) {
  const std::size_t threads =
      options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] { threads::RunLasting([&] { Work(); }); });
}

HashPool::~HashPool() { Stop(); }

bool HashPool::Submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() >= queue_max_) return false;
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

void HashPool::Stop() {
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

void HashPool::Work() {
  // Linux gives each thread a niceness of its own.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
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

}  // namespace sluice::login
