// Tested by tests/sqlgen/statistics_test.cc.
#include "sluice/statistics.h"

#include <algorithm>
#include <charconv>

namespace sluice {
namespace {

constexpr double kRowsMax = 9007199254740992.0;  // 2^53

// The numbers that `stat` begins with; nothing where a number makes no sense.
std::optional<std::vector<double>> Numbers(std::string_view stat) {
  std::vector<double> numbers;
  while (true) {
    const std::size_t begin = stat.find_first_not_of(' ');
    if (begin == std::string_view::npos) return numbers;
    stat.remove_prefix(begin);
    const std::string_view word = stat.substr(0, stat.find(' '));
    stat.remove_prefix(word.size());
    // Words end the numbers.
    if (word[0] >= 'a' && word[0] <= 'z') return numbers;
    std::uint64_t number = 0;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
    if (read.ec != std::errc() || read.ptr != word.data() + word.size()) return std::nullopt;
    numbers.push_back(static_cast<double>(number));
  }
}

}  // namespace

void Statistics::Add(std::string_view table, std::string_view index, std::string_view stat) {
  const std::optional<std::vector<double>> numbers = Numbers(stat);
  if (!numbers || numbers->empty() || table.empty()) return;
  const double rows = numbers->front();
  if (rows < 1 || rows > kRowsMax) return;
  const std::vector<double> shared(numbers->begin() + 1, numbers->end());
  if (std::any_of(shared.begin(), shared.end(), [rows](double each) { return each > rows; }))
    return;
  Table& known = tables_[LowerAscii(table)];
  // An index with a WHERE clause has fewer rows than its table.
  known.rows = std::max(known.rows, rows);
  if (!index.empty()) known.rows_per_value[LowerAscii(index)] = shared;
}

std::optional<double> Statistics::Rows(std::string_view table) const {
  const auto known = tables_.find(LowerAscii(table));
  if (known == tables_.end()) return std::nullopt;
  return known->second.rows;
}

std::optional<double> Statistics::RowsPerValue(std::string_view table, std::string_view index,
                                               std::size_t columns) const {
  const auto known = tables_.find(LowerAscii(table));
  if (known == tables_.end()) return std::nullopt;
  const auto found = known->second.rows_per_value.find(LowerAscii(index));
  if (found == known->second.rows_per_value.end() || columns == 0 || columns > found->second.size())
    return std::nullopt;
  return std::max(1.0, found->second[columns - 1]);
}

}  // namespace sluice
