// The least that a server can do: one thread, epoll, keep-alive. Whatever is
// asked, it sends the bytes of a file.
//
//     bare_loop PORT FILE
//
// FILE holds a whole answer, head and body. Requests without a body only.
#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

[[noreturn]] void Exit(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Client {
  std::string received;
  std::string unsent;
};

int Listen(int port) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Exit("bind");
  if (listen(listener, 1024) != 0) Exit("listen");
  return listener;
}

void Watch(int epoll, int descriptor, std::uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  if (epoll_ctl(epoll, operation, descriptor, &event) != 0) Exit("epoll_ctl");
}

// False when the client has gone.
bool Send(int epoll, int descriptor, Client& client) {
  const ssize_t sent = send(descriptor, client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return false;
  const bool waited = !client.unsent.empty() && sent < 0;
  client.unsent.erase(0, static_cast<std::size_t>(sent < 0 ? 0 : sent));
  if (!client.unsent.empty() || waited)
    Watch(epoll, descriptor, EPOLLIN | (client.unsent.empty() ? 0U : EPOLLOUT), EPOLL_CTL_MOD);
  return true;
}

bool Receive(int epoll, int descriptor, Client& client, std::string_view answer) {
  std::array<char, 16384> buffer{};
  const ssize_t got = recv(descriptor, buffer.data(), buffer.size(), 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
  if (got < 0) return true;
  client.received.append(buffer.data(), static_cast<std::size_t>(got));
  std::size_t end = 0;
  while ((end = client.received.find(kEndOfHead)) != std::string::npos) {
    client.received.erase(0, end + kEndOfHead.size());
    client.unsent += answer;
  }
  return client.unsent.empty() || Send(epoll, descriptor, client);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bare_loop PORT FILE\n");
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  const std::string answer((std::istreambuf_iterator<char>(file)), {});
  const int listener = Listen(std::atoi(argv[1]));
  const int epoll = epoll_create1(0);
  Watch(epoll, listener, EPOLLIN, EPOLL_CTL_ADD);
  std::vector<Client> clients(65536);
  std::array<epoll_event, 256> events{};
  while (true) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
      if (descriptor == listener) {
        const int accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (accepted < 0) continue;
        const int yes = 1;
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        clients[static_cast<std::size_t>(accepted)] = {};
        Watch(epoll, accepted, EPOLLIN, EPOLL_CTL_ADD);
        continue;
      }
      Client& client = clients[static_cast<std::size_t>(descriptor)];
      const bool writable = (events[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0;
      const bool open =
          writable ? Send(epoll, descriptor, client) : Receive(epoll, descriptor, client, answer);
      if (!open) close(descriptor);
    }
  }
}
