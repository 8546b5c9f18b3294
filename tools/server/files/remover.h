// Files that nobody needs any more are removed behind the answer (R-90, S-65).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sluice/status.h"
#include "tools/server/files/file_store.h"

namespace sluice::files {

// What is to go: one file; all of a record when `name` is empty; all of a
// collection when `record_id` is empty too.
struct Removal {
  std::string collection_id;
  std::string record_id;
  std::string name;
  // Of a record: files that stay (FileStore::DeleteRecordFolder).
  std::vector<std::string> kept;
};

// One thread and a bounded queue. All members may be called from several threads.
class Remover {
 public:
  // `store` must outlive it. `on_failure` is called on the thread; what could
  // not be removed stays. It must not throw.
  Remover(const FileStore& store, std::function<void(const Status&)> on_failure,
          std::size_t queue_max = 10000);
  // Removes what is queued first.
  ~Remover();
  Remover(const Remover&) = delete;
  Remover& operator=(const Remover&) = delete;

  // Returns at once; with a full queue it removes on the calling thread, so that
  // those who ask for more than the disk can do wait for it.
  void Remove(Removal removal);

  // Waits until everything that was asked for is gone.
  void Drain();

 private:
  void Work();
  void RunOne(const Removal& removal) const;

  const FileStore& store_;
  const std::function<void(const Status&)> on_failure_;
  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Removal> queue_;
  bool working_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace sluice::files
