// The bytes of one connection: those of its socket, or those inside of TLS.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/write.hpp"

#include "tools/server/http/file_content.h"
#include "tools/server/http/tls.h"

namespace sluice::http {

// Of one I/O thread. A handler that is given keeps the owner of this alive until
// it was called. At most one read and one write are under way at a time.
//
// TLS works on the socket itself, without buffers of Asio's in between: a write
// is then tried first and waited for second, as without TLS.
class Transport {
 public:
  using Error = boost::system::error_code;
  using Buffers = std::array<boost::asio::const_buffer, 2>;
  using Handler = std::function<void(const Error&, std::size_t)>;

  // Takes a socket that does not block. `tls` null: plain.
  Transport(boost::asio::ip::tcp::socket socket, TlsCertificate* tls);

  const boost::asio::ip::tcp::socket& socket() const { return socket_; }
  bool is_tls() const { return ssl_ != nullptr; }

  // Only of TLS, and before everything else. An error leaves the connection to
  // be closed; `spoke_plain` tells that the client sent HTTP where TLS begins.
  void AsyncHandshake(Handler handler);
  bool spoke_plain() const { return spoke_plain_; }
  // From now on plain, after a handshake that failed.
  void GiveUpTls() { ssl_.reset(); }

  // Reads what there is, at least one byte. Never calls `handler` from inside.
  template <typename ReadHandler>
  void AsyncRead(boost::asio::mutable_buffer buffer, ReadHandler handler) {
    if (ssl_ == nullptr) {
      socket_.async_read_some(buffer, std::move(handler));
    } else {
      ReadTls(buffer, std::move(handler), true);
    }
  }

  // Writes what the system takes at once; would_block when that is not all. A
  // later write begins with the bytes that were not taken.
  std::size_t TryWrite(const Buffers& buffers, Error& error);

  // Writes all of it; the bytes stay until then.
  template <typename WriteHandler>
  void AsyncWrite(const Buffers& buffers, WriteHandler handler) {
    if (ssl_ == nullptr) {
      boost::asio::async_write(socket_, buffers, std::move(handler));
    } else {
      WriteTls(buffers, std::move(handler));
    }
  }

  // Sends from the front of `file`, which is on disk, what is taken at once, at
  // most `bytes_max`; would_block when that is nothing now, another error when
  // the client has gone or the file has become shorter. TLS takes one record at
  // a time, so nothing of a large file is in memory.
  std::size_t TrySendFile(const FileContent& file, std::size_t bytes_max, Error& error);

  // Calls `handler` when more may be taken.
  template <typename WaitHandler>
  void AsyncWaitForRoom(WaitHandler handler) {
    socket_.async_wait(boost::asio::ip::tcp::socket::wait_write, std::move(handler));
  }

  // Tells the client that nothing more will come.
  void EndSending();
  void Close();

 private:
  enum class Wait { kNo, kRead, kWrite };
  Wait Waiting(int result, Error& error);
  void ReadTls(boost::asio::mutable_buffer buffer, Handler handler, bool inside);
  void WriteTls(Buffers buffers, Handler handler);
  std::size_t TryWriteTls(const Buffers& buffers, Error& error);
  void SayGoodbye();

  boost::asio::ip::tcp::socket socket_;
  SslPtr ssl_;
  bool shaken_ = false;  // The handshake is done.
  bool broken_ = false;  // TLS must not be used any more.
  bool said_bye_ = false;
  bool spoke_plain_ = false;
};

}  // namespace sluice::http
