// Thumbs are made by few threads, each thumb once (S-69).
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
#include "tools/server/files/thumb_size.h"

namespace sluice::files {

struct ThumbPoolOptions {
  std::size_t threads = 0;  // 0: one per core
  // Thumbs that wait; beyond it the original is served at once.
  std::size_t queue_max = 256;
  // Who has waited so long gets the original.
  std::chrono::seconds wait_max{60};
};

// What is asked: strings of its own, for it outlives the request.
struct ThumbRequest {
  std::shared_ptr<const FileStore> store;
  std::string collection_id;
  std::string record_id;
  std::string name;
  std::string size_text;
  ThumbSize size;

  FileKey key() const { return {collection_id, record_id, name}; }
};

class ThumbPool {
 public:
  // The stored thumb, or why there is none. Called once, on a thread of the pool
  // or the caller's. Must not throw.
  using Done = std::function<void(StatusOr<StoredContent>)>;

  explicit ThumbPool(const ThumbPoolOptions& options = {});
  // What waits is told that there is no thumb; what is being made is finished.
  ~ThumbPool();
  ThumbPool(const ThumbPool&) = delete;
  ThumbPool& operator=(const ThumbPool&) = delete;

  // Makes and stores a thumb of a file. Those who ask for the same one while it
  // is made share it. A thumb that failed a short while ago is not tried again.
  void Make(const ThumbRequest& request, Done done);

 private:
  using Clock = std::chrono::steady_clock;
  struct Job {
    ThumbRequest request;
    Clock::time_point since;
    std::vector<Done> waiting;
  };

  void Work();
  static StatusOr<StoredContent> MakeOne(const ThumbRequest& request);
  void NoteFailure(const std::string& id);

  const ThumbPoolOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // By store, collection, record, name and size; a job stays here until it is done.
  std::map<std::string, std::shared_ptr<Job>> jobs_;
  std::deque<std::string> queue_;
  std::map<std::string, Clock::time_point> failed_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::files
