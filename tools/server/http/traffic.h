// What has gone over the connections: counts for the operator.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

// A route as figures name it. Number 0 of a service stands for all requests
// without a route.
struct RouteName {
  std::string method;
  std::string pattern;
};

// One answer. The texts live as long as the call that hands it out; they are
// empty where the request was no HTTP.
struct AnswerNote {
  std::string_view method;
  std::string_view target;
  std::string_view peer_ip;
  int status = 0;
  // From the complete request to the beginning of the answer.
  std::chrono::steady_clock::duration latency{};
  std::uint64_t bytes = 0;
};

// Upper ends of the steps of a latency histogram, in seconds; above the last is
// one more step.
inline constexpr std::array<double, 14> kLatencySteps = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
// Status codes that have a count of their own; the others share the last.
inline constexpr std::array<int, 23> kCountedStatuses = {200, 201, 204, 206, 301, 302, 303, 304,
                                                         307, 308, 400, 401, 403, 404, 405, 409,
                                                         412, 413, 416, 429, 500, 503, 507};

enum class Timeout : std::uint8_t { kHandshake, kHead, kBody, kWrite, kIdle, kLinger };
inline constexpr std::array<const char*, 6> kTimeoutNames = {"handshake", "head", "body",
                                                             "write",     "idle", "linger"};

// Sums, as one reading of the counters below.
struct RouteTraffic {
  std::array<std::uint64_t, kCountedStatuses.size() + 1> statuses{};
  std::array<std::uint64_t, kLatencySteps.size() + 1> latencies{};
  std::uint64_t latency_micros = 0;
};
struct Traffic {
  std::vector<RouteTraffic> routes;  // by the numbers of the routes
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // told 503 or closed, as there were too many
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t handshakes = 0;
  std::uint64_t handshakes_failed = 0;
  std::array<std::uint64_t, kTimeoutNames.size()> timeouts{};
  std::size_t connections = 0;
  std::uint64_t buffered_bytes = 0;  // of bodies that are held now
};

// Counted by one thread, read by any: neither a lock nor a locked instruction.
class Counter {
 public:
  void Add(std::uint64_t more = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// The counters of one I/O thread.
class TrafficCounters {
 public:
  explicit TrafficCounters(std::size_t routes) : routes_(routes) {}

  void Answered(std::size_t route, int status, std::chrono::steady_clock::duration latency);
  void TimedOut(Timeout which) { timeouts_[static_cast<std::size_t>(which)].Add(); }

  Counter bytes_in, bytes_out, handshakes, handshakes_failed;

  void AddTo(Traffic& sum) const;

 private:
  struct Route {
    std::array<Counter, kCountedStatuses.size() + 1> statuses;
    std::array<Counter, kLatencySteps.size() + 1> latencies;
    Counter latency_micros;
  };

  std::vector<Route> routes_;
  std::array<Counter, kTimeoutNames.size()> timeouts_;
};

}  // namespace sluice::http
