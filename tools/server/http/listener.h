// The listening socket.
#pragma once

#include <atomic>
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
  // Lets the other processes that listen there (ServerOptions::reuse_port) have
  // all connections that come from now on. False when there is none, and
  // everything stays as it is. Not to be called on an I/O thread, like Close.
  bool LeaveToOthers();
  // Takes what has come already, and stops listening before it returns.
  void Close();

  std::uint16_t port() const { return port_; }

 private:
  explicit Listener(std::vector<std::shared_ptr<IoThread>> threads);

  Status Bind();
  bool SendsElsewhere(std::uint32_t member);
  void Accept();
  // Begins anew what may have been lost with what threw.
  void Recover();
  void WatchCertificate();
  void Take(const std::shared_ptr<IoThread>& thread, boost::asio::ip::tcp::socket socket);
  void OnAccept(const boost::system::error_code& error, const std::shared_ptr<IoThread>& thread,
                boost::asio::ip::tcp::socket socket);

  std::vector<std::shared_ptr<IoThread>> threads_;
  ServerState& state_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  boost::asio::steady_timer watch_;
  std::size_t next_ = 0;
  std::size_t round_ = 0;  // Only accepts of this round are followed by others.
  std::uint16_t port_ = 0;
  // The port from which LeaveToOthers asks; whether it was heard here.
  std::atomic<std::uint16_t> asker_port_{0};
  std::atomic<bool> heard_asker_{false};
};

}  // namespace sluice::http
