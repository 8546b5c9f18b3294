// Tested by tests/security/later_test.cc.
#include "tools/server/api/later.h"

#include <utility>

#include "tools/server/auth/random_text.h"
#include "tools/server/threads/guard.h"

namespace sluice::api {

Later::~Later() { Stop(); }

void Later::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Later::At(Clock::time_point time, std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (!thread_.joinable())
    thread_ = std::thread([this] { threads::RunLasting([this] { Loop(); }); });
  waiting_.emplace(time, std::move(work));
  changed_.notify_all();
}

void Later::Loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || !waiting_.empty()) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = waiting_.begin();
    if (!stopping_ && Clock::now() < first->first) {
      changed_.wait_until(lock, Clock::time_point(first->first));
      continue;
    }
    const std::function<void()> due = std::move(first->second);
    waiting_.erase(first);
    lock.unlock();
    threads::Try([&due] { due(); });
    lock.lock();
  }
}

std::chrono::milliseconds RandomDelay(std::chrono::milliseconds most) {
  return std::chrono::milliseconds(std::stoll(auth::RandomText(9, "0123456789")) % most.count());
}

}  // namespace sluice::api
