// Many subscribers of one collection: how long until the last one has an update.
// One thread and epoll; run by run.py, which starts the server.
//
//   fanout PORT CLIENTS FILTERS UPDATES TARGET TOKEN
//
// TARGET is `collection/record`. With FILTERS above one, client i asks for one
// of so many different filters, all of which match. Prints a line of
// milliseconds for each update: answered, first subscriber, half, last.
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "fanout: %s\n", what.c_str());
  std::exit(1);
}

double Milliseconds(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

int Connect(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    Fail("cannot connect: " + std::string(std::strerror(errno)));
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void Send(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) Fail("cannot send");
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Until `end` came.
std::string ReadUntil(int fd, std::string_view end) {
  std::string text;
  std::array<char, 4096> buffer;
  while (text.find(end) == std::string::npos) {
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) Fail("the server closed a connection: " + text);
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text;
}

struct Job {
  std::uint16_t port = 0;
  int clients = 0;
  int filters = 0;
  int updates = 0;
  std::string collection;
  std::string record;
  std::string token;
};

std::string TopicOf(const Job& job, int client) {
  const std::string all = job.collection + "/*";
  if (job.filters <= 1) return all;
  // {"query":{"filter":"weight > -N"}}
  return all + "?options=%7B%22query%22%3A%7B%22filter%22%3A%22weight%20%3E%20-" +
         std::to_string(client % job.filters + 1) + "%22%7D%7D";
}

std::string Request(const Job& job, std::string_view method, std::string_view target,
                    const std::string& body, bool as_superuser) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: a\r\n");
  if (as_superuser) text += "Authorization: " + job.token + "\r\n";
  return text + "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// A stream that is subscribed, and watched by `epoll`.
int Subscribe(const Job& job, int number, int control, int epoll) {
  const int fd = Connect(job.port);
  Send(fd, "GET /api/realtime HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string hello = ReadUntil(fd, "\"}\n\n\r\n");
  const std::string id = hello.substr(hello.find("id:") + 3, 40);
  Send(control,
       Request(job, "POST", "/api/realtime",
               R"({"clientId":")" + id + R"(","subscriptions":[")" + TopicOf(job, number) + "\"]}",
               false));
  if (ReadUntil(control, "\r\n\r\n").find(" 204 ") == std::string::npos) Fail("not subscribed");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) Fail("epoll_ctl");
  return fd;
}

// Whether what came now ends an event; events are read as they come.
bool TakeEvent(int fd, std::string& rest) {
  std::array<char, 8192> buffer;
  const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size <= 0) Fail("a subscriber was disconnected");
  rest.append(buffer.data(), static_cast<std::size_t>(size));
  if (!rest.ends_with("\n\n\r\n")) return false;
  rest.clear();
  return true;
}

void OneUpdate(const Job& job, int number, int writer, int epoll, std::vector<std::string>& rests) {
  const Clock::time_point begin = Clock::now();
  Send(writer,
       Request(job, "PATCH", "/api/collections/" + job.collection + "/records/" + job.record,
               "{\"weight\":" + std::to_string(number % 100) + "}", true));
  Clock::time_point answered = begin;
  Clock::time_point first = begin;
  Clock::time_point half = begin;
  std::array<epoll_event, 512> events;
  for (int told = 0; told < job.clients || answered == begin;) {
    const int count = ::epoll_wait(epoll, events.data(), events.size(), 30000);
    if (count <= 0) Fail(std::to_string(told) + " subscribers were told in time");
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == writer) {
        if (ReadUntil(writer, "}\n").find(" 200 ") == std::string::npos) Fail("not updated");
        answered = Clock::now();
      } else if (TakeEvent(fd, rests[static_cast<std::size_t>(fd)])) {
        ++told;
        if (told == 1) first = Clock::now();
        if (told == (job.clients + 1) / 2) half = Clock::now();
      }
    }
  }
  std::printf("%.2f %.2f %.2f %.2f\n", Milliseconds(begin, answered), Milliseconds(begin, first),
              Milliseconds(begin, half), Milliseconds(begin, Clock::now()));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) Fail("usage: fanout PORT CLIENTS FILTERS UPDATES COLLECTION/RECORD TOKEN");
  Job job;
  job.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  job.clients = std::atoi(argv[2]);
  job.filters = std::atoi(argv[3]);
  job.updates = std::atoi(argv[4]);
  const std::string target = argv[5];
  job.collection = target.substr(0, target.find('/'));
  job.record = target.substr(target.find('/') + 1);
  job.token = argv[6];

  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const int control = Connect(job.port);
  const int writer = Connect(job.port);
  int highest = writer;
  for (int i = 0; i < job.clients; ++i)
    highest = std::max(highest, Subscribe(job, i, control, epoll));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = writer;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, writer, &event) != 0) Fail("epoll_ctl");
  std::fprintf(stderr, "%d subscribers\n", job.clients);

  std::vector<std::string> rests(static_cast<std::size_t>(highest) + 1);
  for (int i = 0; i < job.updates; ++i) {
    OneUpdate(job, i, writer, epoll, rests);
    ::usleep(200000);
  }
  return 0;
}
