// Wiring of threads and listener, and the order of shutting down. Tested by
// http_session_test.cc.
#include "tools/server/http/server.h"

#include <algorithm>
#include <sched.h>
#include <thread>
#include <utility>
#include <vector>

#include "tools/server/http/io_thread.h"
#include "tools/server/http/listener.h"

namespace sluice::http {

// What `taskset` and containers leave of the machine.
std::size_t AvailableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max<std::size_t>(1, static_cast<std::size_t>(CPU_COUNT(&set)));
}

namespace {

std::size_t ThreadCount(const ServerOptions& options) {
  if (options.io_threads != 0) {
    return options.io_threads;
  }
  return std::clamp<std::size_t>(AvailableCores(), 1, 4);
}

// How long connections may be on their way from the system's first answer to
// this process: a round trip over a slow network.
constexpr auto kArrivalTime = std::chrono::milliseconds(500);

}  // namespace

struct Server::Parts {
  std::shared_ptr<ServerState> state;
  std::vector<std::shared_ptr<IoThread>> threads;
  std::shared_ptr<Listener> listener;
  bool stopped = false;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { Stop(std::chrono::milliseconds(0)); }

StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                std::shared_ptr<const Service> service) {
  auto parts = std::make_unique<Parts>();
  parts->state = std::make_shared<ServerState>(options, std::move(service));
  for (std::size_t i = 0; i < ThreadCount(options); ++i) {
    parts->threads.push_back(std::make_shared<IoThread>(parts->state));
  }
  SLUICE_ASSIGN_OR_RETURN(parts->listener, Listener::Open(parts->threads));
  for (const auto& thread : parts->threads) {
    thread->Start();
  }
  parts->listener->Start();
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

std::uint16_t Server::port() const { return parts_->listener->port(); }

std::size_t Server::connections() const { return parts_->state->connections(); }

Traffic Server::traffic() const {
  ServerState& state = *parts_->state;
  Traffic sum;
  for (const auto& thread : parts_->threads) {
    thread->traffic().AddTo(sum);
  }
  sum.accepted = state.accepted.value();
  sum.refused = state.refused.value();
  sum.connections = state.connections();
  sum.buffered_bytes = state.buffered_bytes.load(std::memory_order_relaxed);
  return sum;
}

std::vector<RouteName> Server::routes() const { return parts_->state->service->Routes(); }

const ServerOptions& Server::options() const { return parts_->state->options; }

void Server::DrainAll(bool idle_may_ask) {
  for (const auto& thread : parts_->threads) {
    thread->PostDrain(idle_may_ask);
  }
}

void Server::Stop(std::chrono::milliseconds drain) {
  if (std::exchange(parts_->stopped, true)) {
    return;
  }
  ServerState& state = *parts_->state;
  const auto begin = std::chrono::steady_clock::now();
  if (state.options.reuse_port && parts_->listener->LeaveToOthers()) {
    state.handing_over = true;
    state.draining = true;
    DrainAll(true);
    // Who was on the way here has arrived by then.
    std::this_thread::sleep_until(std::min(begin + drain, begin + kArrivalTime));
    parts_->listener->Close();
    state.WaitUntilNoConnection(begin + drain);
    state.handing_over = false;
  } else {
    state.draining = true;
    parts_->listener->Close();
  }
  DrainAll(false);
  state.WaitUntilNoConnection(begin + drain);
  for (const auto& thread : parts_->threads) {
    thread->PostClose();
  }
  for (const auto& thread : parts_->threads) {
    thread->Join();
  }
}

}  // namespace sluice::http
