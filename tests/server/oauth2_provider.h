// A provider on loopback for tests: answers as it is told, and keeps what it
// was asked.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sluice::oauth2 {

struct Asked {
  std::string method;
  std::string path;  // with its query
  std::string head;  // all header lines
  std::string body;

  // The value of a header, by its name as clients spell it; empty without one.
  std::string Header(const std::string& name) const;
};

struct Told {
  int status = 200;
  std::string body;
  std::string headers = "Content-Type: application/json\r\n";
};

class StubProvider {
 public:
  using Handler = std::function<Told(const Asked&)>;

  explicit StubProvider(Handler handler);
  ~StubProvider();

  std::uint16_t port() const { return port_; }
  // `http://127.0.0.1:port` and the path.
  std::string Url(const std::string& path) const;
  // All requests so far, in order.
  std::vector<Asked> asked() const;

 private:
  void Serve();
  void Talk(int client);

  Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<Asked> asked_;
  std::thread thread_;
};

}  // namespace sluice::oauth2
