#include "tests/server/mail_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::mail {
namespace {

void Send(int client, const std::string& text) {
  [[maybe_unused]] const auto sent = ::send(client, text.data(), text.size(), MSG_NOSIGNAL);
}

bool WaitFor(int fd, const std::atomic<bool>& stopping) {
  while (!stopping) {
    pollfd one{fd, POLLIN, 0};
    if (::poll(&one, 1, 20) > 0) return true;
  }
  return false;
}

}  // namespace

MailServer::MailServer(MailServerManner manner)
    : manner_(std::move(manner)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::listen(listener_, 16);
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

MailServer::~MailServer() {
  stopping_ = true;
  thread_.join();
  ::close(listener_);
}

std::string MailServer::said() const {
  const std::lock_guard lock(mutex_);
  return said_;
}

std::string MailServer::data() const {
  const std::lock_guard lock(mutex_);
  return data_;
}

void MailServer::Serve() {
  while (WaitFor(listener_, stopping_)) {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) continue;
    Talk(client);
    ::close(client);
  }
}

void MailServer::Talk(int client) {
  in_data_ = false;
  if (!manner_.silent) Send(client, manner_.greeting);
  std::string pending;
  char bytes[4096];
  while (WaitFor(client, stopping_)) {
    const auto received = ::recv(client, bytes, sizeof bytes, 0);
    if (received <= 0) return;
    pending.append(bytes, static_cast<std::size_t>(received));
    for (std::size_t end; (end = pending.find("\r\n")) != std::string::npos;) {
      const std::string line = pending.substr(0, end);
      pending.erase(0, end + 2);
      if (!Answer(client, line)) return;
    }
  }
}

bool MailServer::Answer(int client, const std::string& line) {
  {
    const std::lock_guard lock(mutex_);
    said_ += line + "\n";
    if (in_data_ && line != ".") {
      data_ += line + "\r\n";
      return true;
    }
  }
  if (manner_.silent) return true;
  if (in_data_) {
    in_data_ = false;
    Send(client, "250 taken\r\n");
    return true;
  }
  if (!manner_.refuse_command.empty() && line.starts_with(manner_.refuse_command)) {
    Send(client, manner_.refuse_answer);
    return true;
  }
  if (line.starts_with("EHLO")) {
    std::string answer = "250-localhost\r\n";
    for (const std::string& offer : manner_.offers) answer += "250-" + offer + "\r\n";
    Send(client, answer + "250 HELP\r\n");
  } else if (line.starts_with("DATA")) {
    if (manner_.drops_at_data) return false;
    in_data_ = true;
    Send(client, "354 go on\r\n");
  } else if (line.starts_with("QUIT")) {
    Send(client, "221 bye\r\n");
    return false;
  } else if (line.starts_with("AUTH PLAIN")) {
    Send(client, line == "AUTH PLAIN" ? "334 \r\n" : "235 welcome\r\n");
  } else if (line.starts_with("MAIL") || line.starts_with("RCPT")) {
    Send(client, "250-two\r\n250 lines\r\n");
  } else {
    Send(client, "235 welcome\r\n");
  }
  return true;
}

}  // namespace sluice::mail
