// What makes guessing at rows that a rule keeps back slow (F-123, R-32).
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "sluice/strings.h"
#include "tools/server/api/later.h"
#include "tools/server/http/handler.h"

namespace sluice::api {

// Rule and filter are one query, so the time of an empty answer may tell what
// the rule has kept back. A client with many of them waits, each time for
// another while. Safe to use from any thread.
class ProbeGuard {
 public:
  // Answers what waits at its end.
  ProbeGuard() = default;
  ProbeGuard(const ProbeGuard&) = delete;
  ProbeGuard& operator=(const ProbeGuard&) = delete;

  // Counts an empty answer to `key`, a client and a collection, and says how
  // long it is to wait: not at all for the first three of three seconds.
  std::chrono::milliseconds Note(std::string_view key, std::int64_t now_millis);

  // Answers through `responder`, later. No thread of requests waits.
  http::Responder Delayed(http::Responder responder, std::chrono::milliseconds delay);

 private:
  class Sink;
  struct Window {
    std::int64_t start = 0;
    int count = 0;
  };

  std::mutex mutex_;
  StringMap<Window> windows_;
  std::size_t sweep_at_ = 4096;
  Later later_;
};

}  // namespace sluice::api
