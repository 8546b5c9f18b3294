#include "tests/server/oauth2_provider.h"

#include <arpa/inet.h>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace sluice::oauth2 {
namespace {

bool Readable(int descriptor, const std::atomic<bool>& stopping) {
  while (!stopping) {
    pollfd one{descriptor, POLLIN, 0};
    if (poll(&one, 1, 50) > 0) return true;
  }
  return false;
}

bool ReadMore(int client, const std::atomic<bool>& stopping, std::string& text) {
  char buffer[4096];
  if (!Readable(client, stopping)) return false;
  const ssize_t count = recv(client, buffer, sizeof(buffer), 0);
  if (count <= 0) return false;
  text.append(buffer, static_cast<std::size_t>(count));
  return true;
}

}  // namespace

std::string Asked::Header(const std::string& name) const {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == head.npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

StubProvider::StubProvider(Handler handler) : handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  listen(listener_, 16);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

StubProvider::~StubProvider() {
  stopping_ = true;
  thread_.join();
  close(listener_);
}

std::string StubProvider::Url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<Asked> StubProvider::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void StubProvider::Serve() {
  while (Readable(listener_, stopping_)) {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) continue;
    Talk(client);
    close(client);
  }
}

void StubProvider::Talk(int client) {
  std::string text;
  std::size_t end = text.npos;
  while ((end = text.find("\r\n\r\n")) == text.npos) {
    if (!ReadMore(client, stopping_, text)) return;
  }
  Asked asked;
  asked.head = text.substr(0, end + 2);
  asked.method = text.substr(0, text.find(' '));
  const std::size_t path = asked.method.size() + 1;
  asked.path = text.substr(path, text.find(' ', path) - path);
  const auto length =
      static_cast<std::size_t>(std::strtoul(asked.Header("Content-Length").c_str(), nullptr, 10));
  while (text.size() < end + 4 + length) {
    if (!ReadMore(client, stopping_, text)) return;
  }
  asked.body = text.substr(end + 4, length);
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(asked);
  }
  const Told told = handler_(asked);
  const std::string answer =
      "HTTP/1.1 " + std::to_string(told.status) + " As Told\r\n" + told.headers +
      "Connection: close\r\nContent-Length: " + std::to_string(told.body.size()) + "\r\n\r\n" +
      told.body;
  for (std::size_t sent = 0; sent < answer.size();) {
    const ssize_t count = send(client, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
}

}  // namespace sluice::oauth2
