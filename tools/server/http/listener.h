// The listening socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/steady_timer.hpp"

#include "sluice/status.h"
#include "tools/server/http/io_thread.h"

namespace sluice::http {

// Accepts connections on the first I/O thread and deals them out in turn.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  // Binds and listens; nothing is accepted before Start. `threads` must not be
  // empty. kUnavailable when the address is not free, kInvalidArgument when it
  // is none.
  static StatusOr<std::shared_ptr<Listener>> Open(std::vector<std::shared_ptr<IoThread>> threads);

  void Start();
  // Stops listening before it returns; not to be called on an I/O thread.
  void Close();

  std::uint16_t port() const { return port_; }

 private:
  explicit Listener(std::vector<std::shared_ptr<IoThread>> threads);

  Status Bind();
  void Accept();
  void OnAccept(const boost::system::error_code& error, const std::shared_ptr<IoThread>& thread,
                boost::asio::ip::tcp::socket socket);

  std::vector<std::shared_ptr<IoThread>> threads_;
  ServerState& state_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::size_t next_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace sluice::http
