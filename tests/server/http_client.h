// A client that says what it is told, byte by byte.
#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace sluice::http {

class Client {
 public:
  // Waits so long for what is to come.
  explicit Client(std::uint16_t port, int patience_millis = 60000)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)), patience_millis_(patience_millis) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  Client(Client&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        patience_millis_(other.patience_millis_),
        connected_(other.connected_),
        in_(std::move(other.in_)) {}
  Client& operator=(Client&&) = delete;
  ~Client() { Close(); }

  bool connected() const { return connected_; }
  int descriptor() const { return fd_; }

  // False when the server has closed before all was sent.
  bool Send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void EndSending() const { ::shutdown(fd_, SHUT_WR); }

  void Close() {
    if (fd_ >= 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }

  // One whole answer; what came of it when the server closed or ten seconds
  // went by. `no_body`: the answer to a HEAD.
  std::string ReadAnswer(bool no_body = false) {
    while (true) {
      const std::size_t head_end = in_.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        std::size_t size = head_end + 4;
        const std::size_t length = in_.find("Content-Length: ");
        if (length < head_end && !no_body) {
          size += std::strtoul(in_.c_str() + length + 16, nullptr, 10);
        }
        if (in_.size() >= size) {
          std::string answer = in_.substr(0, size);
          in_.erase(0, size);
          return answer;
        }
      }
      if (!ReadMore()) {
        return std::exchange(in_, std::string());
      }
    }
  }

  // Everything until the server closes.
  std::string ReadToEnd() {
    while (ReadMore()) {
    }
    return std::exchange(in_, std::string());
  }

  // Whatever comes first.
  void ReadSome() { ReadMore(); }

  // What has come and, if that is nothing, what comes first.
  std::string TakeSome() {
    if (in_.empty()) {
      ReadMore();
    }
    return std::exchange(in_, std::string());
  }

  // Whether a read gave up on a server that neither spoke nor closed.
  bool timed_out() const { return timed_out_; }

  // Whether the server closes in time, saying nothing more.
  bool IsClosed() { return !ReadMore() && in_.empty(); }

  // False when none came in time.
  bool WaitForBytes() const {
    pollfd waiting{fd_, POLLIN, 0};
    return ::poll(&waiting, 1, patience_millis_) == 1;
  }

 private:
  bool ReadMore() {
    if (!WaitForBytes()) {
      timed_out_ = true;
      return false;
    }
    char buffer[65536];
    const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
    if (size <= 0) {
      return false;
    }
    in_.append(buffer, static_cast<std::size_t>(size));
    return true;
  }

  int fd_;
  int patience_millis_;
  bool connected_ = false;
  bool timed_out_ = false;
  std::string in_;
};

}  // namespace sluice::http
