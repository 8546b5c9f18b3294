// What may be asked for again only after a while.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "sluice/strings.h"

namespace sluice::login {

// In memory; safe to use from any thread.
class Throttle {
 public:
  // Starts a pause of two minutes for `key`; false when one is under way.
  bool Start(std::string_view key, std::int64_t now_millis);
  // Ends it.
  void Clear(std::string_view key);

 private:
  void Sweep(std::int64_t now_millis);

  std::mutex mutex_;
  StringMap<std::int64_t> until_;  // milliseconds
  std::size_t sweep_at_ = 1024;
};

}  // namespace sluice::login
