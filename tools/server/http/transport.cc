// Reading and writing through TLS, and files onto sockets. Tested by
// http_tls_test.cc and, without TLS, http_session_test.cc and http_send_test.cc.
#include "tools/server/http/transport.h"

#include <algorithm>
#include <cerrno>
#include <span>
#include <sys/sendfile.h>

#include "boost/asio/error.hpp"
#include "boost/asio/post.hpp"
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sluice::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// What a TLS record holds at most.
constexpr std::size_t kRecord = 16384;

}  // namespace

Transport::Transport(tcp::socket socket, TlsCertificate* tls) : socket_(std::move(socket)) {
  if (tls != nullptr) {
    ssl_ = tls->Accept(socket_.native_handle());
    if (ssl_ == nullptr) {
      Error ignored;
      socket_.close(ignored);
    }
  }
}

// What to wait for after a call that gave `result`; with kNo `error` says why
// there is nothing to wait for.
Transport::Wait Transport::Waiting(int result, Error& error) {
  const int saved_errno = errno;
  const int reason = SSL_get_error(ssl_.get(), result);
  if (reason == SSL_ERROR_WANT_READ) {
    return Wait::kRead;
  }
  if (reason == SSL_ERROR_WANT_WRITE) {
    return Wait::kWrite;
  }
  if (reason == SSL_ERROR_ZERO_RETURN) {
    error = asio::error::eof;
    return Wait::kNo;
  }
  broken_ = true;
  const bool is_system = reason == SSL_ERROR_SYSCALL && saved_errno != 0;
  error = is_system ? Error(saved_errno, asio::error::get_system_category())
                    : Error(asio::error::connection_aborted);
  return Wait::kNo;
}

void Transport::AsyncHandshake(Handler handler) {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    shaken_ = true;
    return asio::post(socket_.get_executor(),
                      [handler = std::move(handler)] { handler(Error(), 0); });
  }
  Error error;
  const Wait wait = Waiting(result, error);
  if (wait == Wait::kNo) {
    spoke_plain_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    return asio::post(socket_.get_executor(),
                      [error, handler = std::move(handler)] { handler(error, 0); });
  }
  socket_.async_wait(wait == Wait::kRead ? tcp::socket::wait_read : tcp::socket::wait_write,
                     [this, handler = std::move(handler)](const Error& failed) mutable {
                       failed ? handler(failed, 0) : AsyncHandshake(std::move(handler));
                     });
}

// `inside`: the caller is not ready to be called back.
void Transport::ReadTls(asio::mutable_buffer buffer, Handler handler, bool inside) {
  ERR_clear_error();
  Error error = broken_ ? Error(asio::error::eof) : Error();
  std::size_t size = 0;
  Wait wait = Wait::kNo;
  if (!broken_) {
    const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
    wait = result == 1 ? Wait::kNo : Waiting(result, error);
  }
  if (wait != Wait::kNo) {
    socket_.async_wait(wait == Wait::kRead ? tcp::socket::wait_read : tcp::socket::wait_write,
                       [this, buffer, handler = std::move(handler)](const Error& failed) mutable {
                         failed ? handler(failed, 0) : ReadTls(buffer, std::move(handler), false);
                       });
  } else if (inside) {
    asio::post(socket_.get_executor(),
               [error, size, handler = std::move(handler)] { handler(error, size); });
  } else {
    handler(error, size);
  }
}

std::size_t Transport::TryWriteTls(const Buffers& buffers, Error& error) {
  std::size_t sent = 0;
  for (asio::const_buffer buffer : buffers) {
    while (buffer.size() > 0) {
      if (broken_) {
        error = asio::error::broken_pipe;
        return sent;
      }
      ERR_clear_error();
      std::size_t size = 0;
      const int result = SSL_write_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
      if (result != 1) {
        if (Waiting(result, error) != Wait::kNo) {
          error = asio::error::would_block;
        }
        return sent;
      }
      sent += size;
      buffer += size;
    }
  }
  return sent;
}

std::size_t Transport::TryWrite(const Buffers& buffers, Error& error) {
  if (ssl_ != nullptr) {
    return TryWriteTls(buffers, error);
  }
  const std::size_t sent = buffers[1].size() == 0 ? socket_.write_some(buffers[0], error)
                                                  : socket_.write_some(buffers, error);
  if (!error && sent < buffers[0].size() + buffers[1].size()) {
    error = asio::error::would_block;
  }
  return sent;
}

void Transport::WriteTls(Buffers buffers, Handler handler) {
  AsyncWaitForRoom([this, buffers, handler = std::move(handler)](Error error) mutable {
    std::size_t sent = error ? 0 : TryWriteTls(buffers, error);
    if (error != asio::error::would_block) {
      return handler(error, sent);
    }
    for (asio::const_buffer& buffer : buffers) {
      const std::size_t done = std::min(sent, buffer.size());
      buffer += done;
      sent -= done;
    }
    WriteTls(buffers, std::move(handler));
  });
}

std::size_t Transport::TrySendFile(const FileContent& file, std::size_t bytes_max, Error& error) {
  if (ssl_ != nullptr) {
    std::array<char, kRecord> record;
    const std::size_t wanted = std::min<std::uint64_t>({file.size(), bytes_max, record.size()});
    const StatusOr<std::size_t> read = file.ReadAt(0, std::span(record.data(), wanted));
    if (!read.ok() || *read < wanted) {
      error = asio::error::eof;
      return 0;
    }
    return TryWriteTls({asio::buffer(record.data(), wanted), {}}, error);
  }
  auto at = static_cast<off_t>(file.offset());
  const std::size_t wanted = std::min<std::uint64_t>(file.size(), bytes_max);
  ssize_t sent = -1;
  do {
    sent = ::sendfile(socket_.native_handle(), file.descriptor(), &at, wanted);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    error = Error(errno, asio::error::get_system_category());
  } else if (sent == 0) {
    error = asio::error::eof;
  }
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

// So that the client can tell the end from a connection that was cut.
void Transport::SayGoodbye() {
  if (ssl_ != nullptr && shaken_ && !broken_ && !said_bye_ && socket_.is_open()) {
    said_bye_ = true;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
}

void Transport::EndSending() {
  SayGoodbye();
  Error ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Transport::Close() {
  SayGoodbye();
  Error ignored;
  socket_.close(ignored);
}

}  // namespace sluice::http
