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

void Server::Stop(std::chrono::milliseconds drain) {
  if (std::exchange(parts_->stopped, true)) {
    return;
  }
  parts_->state->draining = true;
  parts_->listener->Close();
  for (const auto& thread : parts_->threads) {
    thread->PostDrain();
  }
  parts_->state->WaitUntilNoConnection(std::chrono::steady_clock::now() + drain);
  for (const auto& thread : parts_->threads) {
    thread->PostClose();
  }
  for (const auto& thread : parts_->threads) {
    thread->Join();
  }
}

}  // namespace sluice::http
