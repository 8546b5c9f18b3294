// Files that nobody needs any more are removed behind the answer (R-90, S-65).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
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
  std::shared_ptr<const FileStore> store;
  std::string collection_id;
  std::string record_id;
  std::string name;
  // Of a record: files that stay (FileStore::DeleteRecordFolder).
  std::vector<std::string> kept;
  // Of a file: its record never was, so its folder goes too if it is empty (S-64).
  bool folder_too = false;
};

struct RemoverOptions {
  std::size_t threads = 8;  // for stores that are far away
  std::size_t queue_max = 10'000;
  // Beyond it files of remote stores are left: who asks must not wait for them.
  std::size_t remote_queue_max = 1'000'000;
};

// A few threads and a bounded queue. All members may be called from several
// threads.
class Remover {
 public:
  // `on_failure` is called on a thread of its own; what could not be removed
  // stays. It must not throw.
  explicit Remover(std::function<void(const Status&)> on_failure,
                   const RemoverOptions& options = {});
  // Removes first what is queued for the disk. As DropRemote.
  ~Remover();
  Remover(const Remover&) = delete;
  Remover& operator=(const Remover&) = delete;

  // Returns at once; with a full queue it removes from the disk on the calling
  // thread, so that those who ask for more than the disk can do wait for it.
  void Remove(Removal removal);

  // Keeps a file that is about to be stored from removals of its record that
  // come later, until Release: an id may be deleted and used again. Waits for
  // those of its record or collection that came before.
  void Hold(const FileKey& key);
  void Release(const FileKey& key);

  // Waits until everything that was asked for is gone; not for longer than
  // `patience`.
  void Drain(std::chrono::milliseconds patience = std::chrono::hours(1));

  // Leaves what waits for remote stores, and tells how much that is.
  void DropRemote();

 private:
  void Work();
  void RunOne(const Removal& removal) const;
  void Count(const Removal& removal);
  void Uncount(const std::string& id);

  const std::function<void(const Status&)> on_failure_;
  const RemoverOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Removal> queue_;
  // Removals of whole records and collections that are not done, by their ids.
  std::map<std::string, int> pending_;
  // Names of held files by their record.
  std::multimap<std::string, std::string> held_;
  std::size_t working_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::files
