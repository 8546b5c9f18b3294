// Tested by tests/server/crons_test.cc.
#include "tools/server/crons/expression.h"

#include <charconv>
#include <utility>

namespace sluice::crons {
namespace {

struct Bounds {
  int least;
  int most;
};
constexpr std::array<Bounds, 5> kBounds = {{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kMacros = {
    {{"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"},
     {"@monthly", "0 0 1 * *"},
     {"@weekly", "0 0 * * 0"},
     {"@daily", "0 0 * * *"},
     {"@midnight", "0 0 * * *"},
     {"@hourly", "0 * * * *"}}};

// Cuts the text before `separator` off; all of it when there is none.
std::string_view Cut(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view piece = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return piece;
}

std::optional<int> ReadNumber(std::string_view text) {
  int number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// `*`, `5`, `1-5`, the first and the last with `/2` behind.
bool AddRange(std::string_view text, const Bounds& bounds, std::bitset<60>& field) {
  int step = 1;
  const bool steps = text.find('/') != std::string_view::npos;
  std::string_view rest = text;
  std::string_view range = Cut(rest, '/');
  if (steps) {
    const std::optional<int> number = ReadNumber(rest);
    if (!number || *number < 1 || *number > bounds.most) return false;
    step = *number;
  }
  Bounds found = bounds;
  if (range != "*") {
    const bool to = range.find('-') != std::string_view::npos;
    if (steps && !to) return false;
    const std::optional<int> first = ReadNumber(Cut(range, '-'));
    const std::optional<int> last = to ? ReadNumber(range) : first;
    if (!first || !last || *first < bounds.least || *last > bounds.most || *first > *last)
      return false;
    found = {*first, *last};
  }
  for (int value = found.least; value <= found.most; value += step)
    field.set(static_cast<std::size_t>(value));
  return true;
}

}  // namespace

std::optional<Expression> Expression::Parse(std::string_view text) {
  for (const auto& [macro, meaning] : kMacros) {
    if (text == macro) text = meaning;
  }
  Expression expression;
  std::string_view rest = text;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    const bool is_last = rest.find(' ') == std::string_view::npos;
    if (is_last != (i + 1 == kBounds.size())) return std::nullopt;
    std::string_view ranges = Cut(rest, ' ');
    // A list's last entry may not be empty either.
    if (ranges.empty() || ranges.back() == ',') return std::nullopt;
    while (!ranges.empty()) {
      if (!AddRange(Cut(ranges, ','), kBounds[i], expression.fields_[i])) return std::nullopt;
    }
  }
  return expression;
}

bool Expression::IsDue(const std::tm& time) const {
  const std::array<int, 5> values = {time.tm_min, time.tm_hour, time.tm_mday, time.tm_mon + 1,
                                     time.tm_wday};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!fields_[i].test(static_cast<std::size_t>(values[i]))) return false;
  }
  return true;
}

}  // namespace sluice::crons
