// Conversations with S3 by libcurl: one thread for all of them, which never
// waits for one in particular. Connections are kept and used again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sluice/status.h"
#include "tools/server/http/file_content.h"

namespace sluice::s3 {

struct WireRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  // Sent with its length. On this machine.
  http::FileContent body;
  // To this machine itself: by no proxy.
  bool direct = false;
};

struct WireAnswer {
  int status = 0;
  std::map<std::string, std::string, std::less<>> headers;  // names in lower case
  std::string body;

  std::string_view Header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  }
};

// Takes the body of an answer of status 2xx in the place of WireAnswer::body.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // On the network's thread. False: there is no room now, and the same bytes
  // come again after Network::Resume.
  virtual bool Put(int status, std::string_view bytes) = 0;
};

struct NetworkOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  // Who neither sends nor takes a byte for so long is given up; one second at
  // least. A transfer whose sink has no room does not count.
  std::chrono::seconds stall_timeout{30};
  // Beyond it requests fail at once.
  std::size_t transfers_max = 2048;
};

// All members may be called from any thread.
class Network {
 public:
  using Ticket = std::uint64_t;
  // The request, made on the network's thread when its time has come, for a
  // signature holds the time. Must not wait.
  using Make = std::function<WireRequest()>;
  // An answer of any status; kAborted when the connection broke, which another
  // try may help; kUnavailable when there was no connection or no answer in
  // time. Called once, on the network's thread or the caller's of Send or Stop.
  // Must not wait.
  using Done = std::function<void(StatusOr<WireAnswer>)>;
  struct SendOptions {
    std::shared_ptr<BodySink> sink;
    std::chrono::milliseconds delay{0};
    std::size_t body_bytes_max = std::size_t{16} << 20U;  // of an answer
  };

  explicit Network(const NetworkOptions& options = {});
  // As Stop.
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  Ticket Send(Make make, Done done, SendOptions options);
  Ticket Send(Make make, Done done) { return Send(std::move(make), std::move(done), {}); }
  // The sink has room again.
  void Resume(Ticket ticket);
  // Gives a request up; `done` may still be called until then.
  void Cancel(Ticket ticket);
  // Ends everything with kUnavailable, also what comes later.
  void Stop();

 private:
  struct Transfer;
  struct Multi;
  using Clock = std::chrono::steady_clock;

  void Run();
  bool TakeCommands();
  Clock::time_point BeginDue();
  void Begin(Transfer& transfer);
  void FinishEnded();
  void End(const Transfer& transfer, StatusOr<WireAnswer> outcome);
  void EndAll();
  void Wake();

  const NetworkOptions options_;
  std::unique_ptr<Multi> multi_;
  std::mutex mutex_;
  // Guarded by mutex_: what the thread is to do.
  std::vector<std::unique_ptr<Transfer>> sent_;
  std::vector<Ticket> resumed_;
  std::vector<Ticket> cancelled_;
  bool stopping_ = false;
  Ticket last_ticket_ = 0;
  std::size_t count_ = 0;
  std::thread thread_;
  // The thread's own.
  std::map<Ticket, std::unique_ptr<Transfer>> transfers_;
};

}  // namespace sluice::s3
