// The clients of /api/realtime, and the thread that tells them what happened
// (S-98 to S-103).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sluice/status.h"
#include "tools/server/http/event_stream.h"
#include "tools/server/realtime/identity.h"
#include "tools/server/realtime/registry.h"
#include "tools/server/store/catalog.h"
#include "tools/server/store/connection.h"
#include "tools/server/writes/save.h"

namespace sluice::realtime {

struct HubOptions {
  http::EventStreamLimits stream;
  // Events that wait for the thread. When more come, writes are faster than
  // rules can be asked: every subscriber is disconnected, so that it reads
  // anew, rather than told of some events only.
  std::size_t events_waiting_max = 65536;
};

// All methods are safe from any thread. None waits for a client.
class Hub {
 public:
  // `catalog` outlives the hub; `path` is the database.
  static StatusOr<std::unique_ptr<Hub>> Start(store::Catalog& catalog, const std::string& path,
                                              const HubOptions& options);
  ~Hub();

  // A new client with that address; PB_CONNECT waits in the stream already. The
  // client is gone once nobody else holds the stream.
  std::shared_ptr<http::EventStream> Connect(std::string ip);

  // Replaces all that the client is subscribed to. Failures are statuses for
  // the one who asked (S-99, S-100). `identity` is nothing for a guest.
  Status Subscribe(std::string_view client_id, std::string_view ip,
                   const std::optional<Identity>& identity, const std::vector<std::string>& topics);
  // Every client of that record becomes a guest (S-100).
  void Forget(const Identity& identity);

  // Sends `data` to the client when it is subscribed to exactly `topic`; false
  // when it is not, or is not there.
  bool Send(std::string_view client_id, std::string_view topic, std::string_view data);
  // The same once: the subscription is taken away, whatever
  // comes of it, and `data` only goes to a client that connected from `ip`.
  enum class Delivery { kSent, kUnknown, kOtherIp };
  Delivery SendOnce(std::string_view client_id, std::string_view topic, std::string_view ip,
                    std::string_view data);

  // What a transaction did, after its commit and in the order of commits. Cheap
  // when nobody is connected.
  void Publish(const std::shared_ptr<const store::Snapshot>& snapshot,
               const std::vector<writes::Event>& events);

  // Waits until everything published so far was told; for tests.
  void Flush();

  // Events that wait for the thread.
  std::size_t waiting() const {
    const std::lock_guard lock(queue_->mutex);
    return queue_->events;
  }
  std::size_t clients() const { return client_count_->load(); }
  // Rules and filters asked so far; for tests and figures.
  std::uint64_t evaluations() const { return evaluations_.load(); }

 private:
  struct Batch {
    std::shared_ptr<const store::Snapshot> snapshot;
    std::vector<writes::Event> events;
  };
  // Outlives the hub where streams do.
  struct Queue {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Batch> batches;
    std::size_t events = 0;
    std::vector<std::string> left;  // ids of clients
    bool flooded = false;
    bool busy = false;
    bool stopping = false;
  };

  Hub(store::Catalog& catalog, const HubOptions& options);
  void Run();
  void Tell(const Batch& batch);
  void TellOne(const writes::Event& event, class Evaluator& evaluator);
  void CheckIdentities();
  void EndAll();

  store::Catalog& catalog_;
  const HubOptions options_;
  const std::shared_ptr<Queue> queue_;
  const std::shared_ptr<std::atomic<std::size_t>> client_count_;
  std::atomic<std::uint64_t> evaluations_{0};
  std::mutex mutex_;
  Registry registry_;  // Guarded by mutex_.
  // Of the thread alone.
  std::unique_ptr<store::Connection> connection_;
  std::shared_ptr<const store::Snapshot> checked_;
  std::thread thread_;
};

}  // namespace sluice::realtime
