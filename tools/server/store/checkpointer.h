// A thread that copies the write-ahead log into the database, so that the
// writer need not.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

struct CheckpointOptions {
  // Pages of the log after which it is copied: 4 MB, SQLite's own choice.
  int pages = 1000;
  // A shorter log is copied when it is that old.
  std::chrono::milliseconds period{2000};
  // A log that has grown to that many pages is begun anew by the writer, which
  // waits for readers that long; while writes go on the copying thread alone
  // never reaches its end. 32 MB.
  int restart_pages = 8000;
  std::chrono::milliseconds restart_wait{50};
};

class Checkpointer {
 public:
  static StatusOr<std::unique_ptr<Checkpointer>> Start(const std::string& path,
                                                       const CheckpointOptions& options);
  ~Checkpointer();

  // Told by the writer after each commit: how many pages the log has now. True
  // when the writer is to begin the log anew before its next transaction, and
  // to say so.
  bool Committed(int pages);
  void Restarted();

 private:
  explicit Checkpointer(const CheckpointOptions& options) : options_(options) {}
  void Loop();

  const CheckpointOptions options_;
  std::unique_ptr<Connection> connection_;
  std::mutex mutex_;
  std::condition_variable ready_;
  int pages_ = 0;         // in the log, as last told
  int copied_ = 0;        // of them when a copy was last begun
  int restart_at_ = 0;    // pages at which a restart is asked for
  bool restart_ = false;  // the writer is to begin the log anew
  bool dirty_ = false;    // pages came since
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::store
