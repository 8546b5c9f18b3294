// One thread, one event loop, and the connections that live on it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/steady_timer.hpp"

#include "tools/server/http/handler.h"
#include "tools/server/http/server_options.h"
#include "tools/server/http/traffic.h"

namespace sluice::http {

class Session;

// What all threads and sessions of one server share.
struct ServerState {
  ServerState(const ServerOptions& server_options, std::shared_ptr<const Service> server_service)
      : options(server_options), service(std::move(server_service)) {}

  const ServerOptions options;
  const std::shared_ptr<const Service> service;
  // No connection is kept after its answer any more.
  std::atomic<bool> draining{false};
  // While draining: idle connections may ask once more, as another process goes
  // on and nobody has to be refused.
  std::atomic<bool> handing_over{false};
  // Bodies held by requests that are not answered yet.
  std::atomic<std::uint64_t> buffered_bytes{0};
  // Connections that are only told 503.
  std::atomic<std::size_t> refusals{0};
  // Written by the listener's thread.
  Counter accepted, refused;

  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }
  void AddConnection() { connections_.fetch_add(1); }
  void RemoveConnection();
  // True when the last connection ended before `deadline`.
  bool WaitUntilNoConnection(std::chrono::steady_clock::time_point deadline);

 private:
  std::atomic<std::size_t> connections_{0};
  std::mutex mutex_;
  std::condition_variable none_left_;
};

// Everything but Start, Post* and Join runs on the thread itself. Sessions stay
// on the thread they began on, so nothing in them is locked.
class IoThread : public std::enable_shared_from_this<IoThread> {
 public:
  using Clock = std::chrono::steady_clock;

  explicit IoThread(std::shared_ptr<ServerState> state);
  ~IoThread();

  void Start();
  // What is called, on this thread, after something has thrown out of the loop.
  void OnFailure(std::function<void()> told) { on_failure_ = std::move(told); }
  // Lets every session finish what it is answering and then close.
  void PostDrain(bool idle_may_ask);
  // Closes every session now and lets the thread end.
  void PostClose();
  void Join();

  // Takes a connection over. `refuse`: only to tell it 503.
  void Adopt(boost::asio::ip::tcp::socket socket, bool refuse);
  void Remove(Session& session);
  // From any thread: wakes the session. Many that are woken together, as an event
  // wakes all of its subscribers, cost one post.
  void PostWake(std::shared_ptr<Session> session);

  boost::asio::io_context& context() { return context_; }
  ServerState& state() { return *state_; }
  // The time of the last tick: near enough for timeouts, and free.
  Clock::time_point now() const { return now_; }
  // A deadline that is not before now() + timeout, whatever the tick missed.
  Clock::time_point After(std::chrono::milliseconds timeout) const {
    return now_ + timeout + tick_;
  }
  // "Date: …\r\n" of the last tick.
  std::string_view date_field() const { return date_field_; }
  std::thread::id id() const { return id_; }
  // Its counters are written on this thread, and read by anybody.
  TrafficCounters& traffic() { return traffic_; }

 private:
  void Tick();
  void WakeSome();

  std::shared_ptr<ServerState> state_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  std::chrono::milliseconds tick_;
  Clock::time_point now_;
  std::int64_t date_second_ = -1;
  std::string date_field_;
  TrafficCounters traffic_;
  std::vector<std::shared_ptr<Session>> sessions_;
  bool closing_ = false;
  std::mutex woken_mutex_;
  std::vector<std::shared_ptr<Session>> woken_;   // Guarded by woken_mutex_.
  std::vector<std::shared_ptr<Session>> waking_;  // In turn, from the end.
  std::function<void()> on_failure_;
  std::thread::id id_;  // Set by the thread itself before anything runs on it.
  std::thread thread_;
};

}  // namespace sluice::http
