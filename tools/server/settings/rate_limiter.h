// How often a client may ask (S-90, A-132 to A-138).
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/strings.h"
#include "tools/server/store/settings.h"

namespace sluice::settings {

// One request, as far as limits look at it.
struct RateLimitAsk {
  std::string_view method;
  std::string_view path;
  // Of a collection route; empty elsewhere.
  std::string_view collection_id;
  std::string_view collection_name;
  std::vector<std::string_view> tags;
  bool authenticated = false;
  std::string_view ip;
  std::int64_t now_seconds = 0;
};

// The rule that counts for a request: null when none does.
const store::RateLimitRule* FindRule(const std::vector<store::RateLimitRule>& rules,
                                     const RateLimitAsk& ask);

// The counters of all clients. Safe to use from several threads.
class RateLimiter {
 public:
  // Counts the request; false when it is one too many. Whether limits are on,
  // and who is free of them, is the caller's to know.
  bool Allow(const std::vector<store::RateLimitRule>& rules, const RateLimitAsk& ask);

  // Forgets all counts, as every save of the settings does.
  void Reset();

  std::size_t size() const;

 private:
  struct Window {
    std::int64_t start = 0;
    std::int64_t duration = 0;
    std::int64_t left = 0;

    bool IsOver(std::int64_t now) const { return now - start >= duration; }
  };

  void Sweep(std::int64_t now);

  mutable std::mutex mutex_;
  StringMap<Window> windows_;  // by bucket and client
  std::size_t sweep_at_ = 4096;
};

}  // namespace sluice::settings
