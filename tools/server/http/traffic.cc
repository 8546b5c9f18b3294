// Tested by tests/operate/test_metrics.py.
#include "tools/server/http/traffic.h"

#include <algorithm>

namespace sluice::http {
namespace {

// Where each status from 100 to 599 is counted.
constexpr std::array<std::uint8_t, 500> MakeStatusTable() {
  std::array<std::uint8_t, 500> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = kCountedStatuses.size();
  }
  for (std::size_t i = 0; i < kCountedStatuses.size(); ++i) {
    table[static_cast<std::size_t>(kCountedStatuses[i]) - 100] = static_cast<std::uint8_t>(i);
  }
  return table;
}
constexpr std::array<std::uint8_t, 500> kStatusTable = MakeStatusTable();

}  // namespace

void TrafficCounters::Answered(std::size_t route, int status,
                               std::chrono::steady_clock::duration latency) {
  Route& counts = routes_[route < routes_.size() ? route : 0];
  const bool known = status >= 100 && status < 600;
  counts
      .statuses[known ? kStatusTable[static_cast<std::size_t>(status) - 100]
                      : kCountedStatuses.size()]
      .Add();
  const double seconds = std::chrono::duration<double>(latency).count();
  const auto* const step = std::lower_bound(kLatencySteps.begin(), kLatencySteps.end(), seconds);
  counts.latencies[static_cast<std::size_t>(step - kLatencySteps.begin())].Add();
  counts.latency_micros.Add(static_cast<std::uint64_t>(std::max(0.0, seconds * 1e6)));
}

void TrafficCounters::AddTo(Traffic& sum) const {
  sum.routes.resize(std::max(sum.routes.size(), routes_.size()));
  for (std::size_t r = 0; r < routes_.size(); ++r) {
    for (std::size_t i = 0; i < routes_[r].statuses.size(); ++i) {
      sum.routes[r].statuses[i] += routes_[r].statuses[i].value();
    }
    for (std::size_t i = 0; i < routes_[r].latencies.size(); ++i) {
      sum.routes[r].latencies[i] += routes_[r].latencies[i].value();
    }
    sum.routes[r].latency_micros += routes_[r].latency_micros.value();
  }
  for (std::size_t i = 0; i < timeouts_.size(); ++i) {
    sum.timeouts[i] += timeouts_[i].value();
  }
  sum.bytes_in += bytes_in.value();
  sum.bytes_out += bytes_out.value();
  sum.handshakes += handshakes.value();
  sum.handshakes_failed += handshakes_failed.value();
}

}  // namespace sluice::http
