// The HTTP server as a whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "sluice/status.h"
#include "tools/server/http/handler.h"
#include "tools/server/http/server_options.h"

namespace sluice::http {

// The cores that this process may use; at least 1.
std::size_t AvailableCores();

// A running server; destroying it stops it without a drain.
class Server {
 public:
  // Listens, and answers from its own threads by `service` until stopped.
  // kUnavailable when the address is taken.
  static StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                 std::shared_ptr<const Service> service);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port it listens on.
  std::uint16_t port() const;

  // What has gone over it since the start; its routes by their numbers, from 1.
  Traffic traffic() const;
  std::vector<RouteName> routes() const;
  const ServerOptions& options() const;

  // Open connections, idle ones included.
  std::size_t connections() const;

  // Accepts nothing more, closes idle connections, lets requests in progress be
  // answered for at most `drain` (S-72: one second), then closes the rest and
  // ends the threads. Answers given later are dropped. Blocks; not to be called
  // from a handler. A second call does nothing.
  //
  // When another process listens there, too (ServerOptions::reuse_port), it gets
  // the new connections from now on, and `drain` is time for those that are open:
  // each is answered once more, told to close, and nobody is refused.
  void Stop(std::chrono::milliseconds drain);

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  void DrainAll(bool idle_may_ask);

  std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::http
