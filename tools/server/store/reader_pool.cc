// Tested by tests/server/store_test.cc, under the thread sanitizer too.
#include "tools/server/store/reader_pool.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/server/threads/guard.h"

namespace sluice::store {

StatusOr<std::unique_ptr<ReaderPool>> ReaderPool::Start(const std::string& path,
                                                        const ReaderPoolOptions& options) {
  std::unique_ptr<ReaderPool> pool(new ReaderPool(options));
  ConnectionOptions connection;
  connection.cache_kib = options.cache_kib_total / static_cast<std::int64_t>(options.threads);
  connection.mmap_bytes = options.mmap_bytes;
  for (std::size_t i = 0; i < options.threads; ++i) {
    SLUICE_ASSIGN_OR_RETURN(auto opened, Connection::Open(path, connection));
    pool->connections_.push_back(std::move(opened));
  }
  for (auto& opened : pool->connections_) {
    pool->threads_.emplace_back([raw = pool.get(), reader = opened.get()] { raw->Run(*reader); });
  }
  return pool;
}

ReaderPool::~ReaderPool() { Stop(); }

void ReaderPool::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool ReaderPool::Submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() >= queue_max_) return false;
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

void ReaderPool::Run(Connection& connection) {
  // Of this thread alone, on Linux. Without it all is well, only slower.
  if (nice_ != 0)
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)),
                      getpriority(PRIO_PROCESS, 0) + nice_);
  // On each thread for itself, not at the start one after the other.
  threads::Try([&] { connection.Warm(); });
  // A job that throws lets go of what it held, its responder with the default 500.
  threads::RunLasting([&] { RunJobs(connection); });
}

void ReaderPool::RunJobs(Connection& connection) {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job(connection);
  }
}

}  // namespace sluice::store
