// Tested by tests/server/writer_test.cc.
#include "tools/server/store/checkpointer.h"

#include "tools/server/threads/guard.h"

namespace sluice::store {
namespace {

// Copies without a pause before the log is begun anew.
constexpr int kHurriedMax = 8;

}  // namespace

StatusOr<std::unique_ptr<Checkpointer>> Checkpointer::Start(const std::string& path,
                                                            const CheckpointOptions& options) {
  std::unique_ptr<Checkpointer> checkpointer(new Checkpointer(options));
  checkpointer->restart_at_ = options.restart_pages;
  ConnectionOptions connection;
  connection.access = Access::kWrite;
  connection.only_checkpoints = true;
  SLUICE_ASSIGN_OR_RETURN(checkpointer->connection_, Connection::Open(path, connection));
  checkpointer->thread_ =
      std::thread([raw = checkpointer.get()] { threads::RunLasting([&] { raw->Loop(); }); });
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
  int hurried = 0;
  while (!stopping_) {
    ready_.wait_for(lock, options_.period, [this, hurried] {
      return stopping_ || hurried > 0 || (!restart_ && pages_ - copied_ >= options_.pages);
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
    // The writer waits for what it must copy itself: let that be little. Each
    // round leaves less than the one before, unless writes outrun them.
    const bool wants_restart = pages_ >= restart_at_;
    const bool little = pages_ - copied_ <= options_.pages / 4;
    restart_ = wants_restart && (little || hurried == kHurriedMax);
    hurried = wants_restart && !restart_ ? hurried + 1 : 0;
  }
}

}  // namespace sluice::store
