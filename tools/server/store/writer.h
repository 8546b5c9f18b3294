// The one thread that writes, and its connection (design/core.md 5).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

struct WriterOptions {
  std::chrono::milliseconds busy_timeout{10000};
  std::size_t queue_max = 4096;
};

class Writer {
 public:
  // Runs in one transaction of its own (BEGIN IMMEDIATE). A status that is not
  // OK rolls back all that it did.
  using Job = std::function<Status(Connection&)>;
  // Told the outcome on the writer's thread, after the commit or rollback and
  // before the next job. Must not block for long.
  using Done = std::function<void(const Status&)>;

  static StatusOr<std::unique_ptr<Writer>> Start(const std::string& path,
                                                 const WriterOptions& options);
  // Runs what is queued, then ends the thread.
  ~Writer();

  // False when too many wait: the request is answered 503.
  bool Submit(Job job, Done done);

  // Submits and waits. Not to be called on the writer's thread.
  Status Run(const Job& job);

 private:
  struct Task {
    Job job;
    Done done;
  };

  explicit Writer(const WriterOptions& options) : options_(options) {}
  void Loop();
  Status Transaction(const Job& job);

  WriterOptions options_;
  std::unique_ptr<Connection> connection_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::store
