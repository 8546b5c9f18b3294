// The body of PUT /follow.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace follow {

struct Pair {
  std::string follower;
  std::string followee;
};

// Either the two ids, or the body of the 400 that says what is wrong with them.
struct Checked {
  std::optional<Pair> pair;
  std::string problem;
};
Checked CheckParams(std::string_view body);

}  // namespace follow
