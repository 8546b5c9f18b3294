// Lets a few at a time do what all are waited for.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "sluice/status.h"

namespace sluice::s3 {

// Whoever enters leaves once, on any thread. Wait comes last.
class Gate {
 public:
  explicit Gate(std::size_t at_once) : at_once_(at_once) {}

  // Waits for room. False when somebody has failed; it has entered all the same.
  bool Enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return inside_ < at_once_; });
    ++inside_;
    return status_.ok();
  }

  void Leave(const Status& status) {
    const std::lock_guard lock(mutex_);
    --inside_;
    status_.Update(status);
    changed_.notify_all();  // under the lock: afterwards there may be no gate
  }

  // Waits for all; the first failure.
  Status Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return inside_ == 0; });
    return status_;
  }

 private:
  const std::size_t at_once_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t inside_ = 0;
  Status status_;
};

}  // namespace sluice::s3
