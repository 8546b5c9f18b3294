// When a job is due: five fields, or a macro (S-11).
#pragma once

#include <array>
#include <bitset>
#include <ctime>
#include <optional>
#include <string_view>

namespace sluice::crons {

// Minutes, in UTC.
class Expression {
 public:
  // Nothing for what is none: `* * * * *` with `,`, `-` and `/`, or `@hourly`
  // and its kin.
  static std::optional<Expression> Parse(std::string_view text);

  // Whether the minute of `time` is one of those. Unlike in other crons, day
  // and weekday must both fit.
  bool IsDue(const std::tm& time) const;

 private:
  std::array<std::bitset<60>, 5> fields_;  // minute, hour, day, month, weekday
};

}  // namespace sluice::crons
