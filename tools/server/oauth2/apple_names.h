// Names that Apple tells once, to the redirect page, on the way to the login
// that wants them.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"

namespace sluice::oauth2 {

// Safe to use from any thread.
class AppleNames {
 public:
  // Keeps the name in `user`, JSON as Apple posts it, for a minute under that
  // code. What is no name is ignored, and so is more than memory should hold.
  void Keep(std::string_view code, std::string_view user, std::int64_t now_millis);
  // The name, once; empty without one.
  std::string Take(std::string_view code, std::int64_t now_millis);

 private:
  struct Kept {
    std::string name;
    std::int64_t until = 0;
  };
  std::mutex mutex_;
  absl::flat_hash_map<std::string, Kept> names_;  // Guarded by mutex_.
};

}  // namespace sluice::oauth2
