// bcrypt off the writer's thread: what a write asks is worked out before, or
// noted and worked out between two attempts.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/status.h"

namespace sluice::writes {

// For one request; one thread at a time.
class PasswordWork {
 public:
  // While it may not compute, an unknown answer is noted and a guess is given:
  // whoever relies on it asks `lacks` before anything is kept.
  void AllowComputing(bool allowed) { computing_ = allowed; }
  bool lacks() const { return !lacking_hashes_.empty() || !lacking_checks_.empty(); }
  // Works out what was noted. Slow: some 50 ms each.
  void ComputeLacking();

  StatusOr<std::string> Hash(std::string_view plain, int cost);
  bool Verify(std::string_view plain, std::string_view hash);

 private:
  using HashKey = std::pair<std::string, int>;
  using CheckKey = std::pair<std::string, std::string>;

  bool computing_ = true;
  std::map<HashKey, StatusOr<std::string>> hashes_;
  std::map<CheckKey, bool> checks_;
  std::vector<HashKey> lacking_hashes_;
  std::vector<CheckKey> lacking_checks_;
};

}  // namespace sluice::writes
