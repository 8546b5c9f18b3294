// Tested by files_store_test.cc.
#include "tools/server/files/remover.h"

#include <utility>

#include "tools/server/threads/guard.h"

namespace sluice::files {
namespace {

std::string IdOf(std::string_view collection, std::string_view record) {
  // '/' is in no id that a file can have.
  return std::string(collection) + "/" + std::string(record);
}

}  // namespace

Remover::Remover(std::function<void(const Status&)> on_failure, const RemoverOptions& options)
    : on_failure_(std::move(on_failure)), options_(options) {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { threads::RunLasting([this] { Work(); }); });
  }
}

Remover::~Remover() {
  DropRemote();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void Remover::DropRemote() {
  std::size_t left = 0;
  {
    const std::lock_guard lock(mutex_);
    left = std::erase_if(queue_, [this](const Removal& removal) {
      if (!removal.store->is_remote()) {
        return false;
      }
      if (removal.name.empty()) {
        Uncount(IdOf(removal.collection_id, removal.record_id));
      }
      return true;
    });
  }
  changed_.notify_all();
  if (left > 0 && on_failure_) {
    on_failure_(absl::UnavailableError(std::to_string(left) + " removals on S3 were not begun"));
  }
}

void Remover::Count(const Removal& removal) {
  if (removal.name.empty()) {
    ++pending_[IdOf(removal.collection_id, removal.record_id)];
  }
}

// Needs no memory: somebody may wait for the last one.
void Remover::Uncount(const std::string& id) {
  const auto found = pending_.find(id);
  if (found != pending_.end() && --found->second == 0) {
    pending_.erase(found);
  }
}

void Remover::Remove(Removal removal) {
  const bool remote = removal.store->is_remote();
  {
    const std::lock_guard lock(mutex_);
    const std::string id = IdOf(removal.collection_id, removal.record_id);
    for (auto [at, end] = held_.equal_range(id); at != end && removal.name.empty(); ++at) {
      removal.kept.push_back(at->second);
    }
    if (queue_.size() < (remote ? options_.remote_queue_max : options_.queue_max)) {
      queue_.push_back(std::move(removal));
      Count(queue_.back());
      changed_.notify_all();
      return;
    }
  }
  if (!remote) {
    return RunOne(removal);
  }
  if (on_failure_) {
    on_failure_(absl::ResourceExhaustedError("too many removals wait; left: " +
                                             IdOf(removal.collection_id, removal.record_id)));
  }
}

void Remover::Hold(const FileKey& key) {
  const std::string id = IdOf(key.collection_id, key.record_id);
  const std::string all = IdOf(key.collection_id, "");
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !pending_.contains(id) && !pending_.contains(all); });
  held_.emplace(id, key.name);
}

void Remover::Release(const FileKey& key) {
  const std::lock_guard lock(mutex_);
  for (auto [at, end] = held_.equal_range(IdOf(key.collection_id, key.record_id)); at != end;
       ++at) {
    if (at->second == key.name) {
      held_.erase(at);
      return;
    }
  }
}

void Remover::Drain(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return queue_.empty() && working_ == 0; });
}

void Remover::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) {
      return;
    }
    std::string id;  // Of what Count counted.
    if (queue_.front().name.empty()) {
      id = IdOf(queue_.front().collection_id, queue_.front().record_id);
    }
    const Removal removal = std::move(queue_.front());
    queue_.pop_front();
    ++working_;
    lock.unlock();
    threads::Try([&] { RunOne(removal); });
    lock.lock();
    --working_;
    Uncount(id);
    changed_.notify_all();
  }
}

// The catch is for memory that runs out: it must not end the process from here.
void Remover::RunOne(const Removal& removal) const {
  Status status;
  const FileStore& store = *removal.store;
  try {
    if (removal.record_id.empty()) {
      status = store.DeleteCollectionFolder(removal.collection_id);
    } else if (removal.name.empty()) {
      status = store.DeleteRecordFolder(removal.collection_id, removal.record_id, removal.kept);
    } else {
      status = store.Delete({removal.collection_id, removal.record_id, removal.name});
      if (removal.folder_too) {
        store.DeleteEmptyRecordFolder(removal.collection_id, removal.record_id);
      }
    }
  } catch (const std::exception& exception) {
    status = absl::InternalError(exception.what());
  }
  if (!status.ok() && on_failure_) {
    on_failure_(status);
  }
}

}  // namespace sluice::files
