// Tested by files_store_test.cc.
#include "tools/server/files/remover.h"

#include <utility>

namespace sluice::files {

Remover::Remover(const FileStore& store, std::function<void(const Status&)> on_failure,
                 std::size_t queue_max)
    : store_(store), on_failure_(std::move(on_failure)), queue_max_(queue_max) {
  thread_ = std::thread([this] { Work(); });
}

Remover::~Remover() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Remover::Remove(Removal removal) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < queue_max_) {
      queue_.push_back(std::move(removal));
      changed_.notify_all();
      return;
    }
  }
  RunOne(removal);
}

void Remover::Drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !working_; });
}

void Remover::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) {
      return;
    }
    const Removal removal = std::move(queue_.front());
    queue_.pop_front();
    working_ = true;
    lock.unlock();
    RunOne(removal);
    lock.lock();
    working_ = false;
    changed_.notify_all();
  }
}

// The catch is for memory that runs out: it must not end the process from here.
void Remover::RunOne(const Removal& removal) const {
  Status status;
  try {
    if (removal.record_id.empty()) {
      status = store_.DeleteCollectionFolder(removal.collection_id);
    } else if (removal.name.empty()) {
      status = store_.DeleteRecordFolder(removal.collection_id, removal.record_id, removal.kept);
    } else {
      status = store_.Delete({removal.collection_id, removal.record_id, removal.name});
    }
  } catch (const std::exception& exception) {
    status = absl::InternalError(exception.what());
  }
  if (!status.ok() && on_failure_) {
    on_failure_(status);
  }
}

}  // namespace sluice::files
