// Tested by tests/server/writer_test.cc.
#include "tools/server/store/checkpointer.h"

namespace sluice::store {

StatusOr<std::unique_ptr<Checkpointer>> Checkpointer::Start(const std::string& path,
                                                            const CheckpointOptions& options) {
  std::unique_ptr<Checkpointer> checkpointer(new Checkpointer(options));
  checkpointer->restart_at_ = options.restart_pages;
  ConnectionOptions connection;
  connection.access = Access::kWrite;
  connection.only_checkpoints = true;
  SLUICE_ASSIGN_OR_RETURN(checkpointer->connection_, Connection::Open(path, connection));
  checkpointer->thread_ = std::thread([raw = checkpointer.get()] { raw->Loop(); });
  return checkpointer;
}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Checkpointer::Committed(int pages) {
  bool full = false;
  bool restart = false;
  {
    const std::lock_guard lock(mutex_);
    // A shorter log than before is a new one.
    if (pages < pages_) {
      copied_ = 0;
      restart_at_ = options_.restart_pages;
    }
    pages_ = pages;
    dirty_ = true;
    full = pages_ - copied_ >= options_.pages;
    restart = restart_;
  }
  if (full) ready_.notify_one();
  return restart;
}

void Checkpointer::Restarted() {
  const std::lock_guard lock(mutex_);
  restart_ = false;
  // Readers may have stood in the way; then again some pages later.
  restart_at_ = pages_ + options_.restart_pages;
}

void Checkpointer::Loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    ready_.wait_for(lock, options_.period, [this] {
      return stopping_ || (!restart_ && pages_ - copied_ >= options_.pages);
    });
    if (stopping_) return;
    // While the writer is about to begin the log anew, a checkpoint of ours
    // would make that fail.
    if (!dirty_ || restart_) continue;
    dirty_ = false;
    copied_ = pages_;
    lock.unlock();
    // Whatever fails here is tried again when the log is next told about;
    // commits do not depend on it.
    (void)connection_->Checkpoint(CheckpointMode::kPassive);
    lock.lock();
    restart_ = pages_ >= restart_at_;
  }
}

}  // namespace sluice::store
