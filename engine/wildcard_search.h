// A piece of a pattern with `_` in it, found in a text without backtracking.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice {

// Shift-And (Baeza-Yates and Gonnet): one bit for each character of the piece,
// so that a character of the text costs a step for every 64 of the piece,
// whatever the two hold.
class WildcardSearch {
 public:
  // What `_` stands for in a piece.
  static constexpr char32_t kAny = 0x7fffffff;

  // Nothing for an empty piece, and for one whose table would take more than
  // 16 MiB: of over 10,000 different characters.
  static std::optional<WildcardSearch> Make(std::u32string_view piece);

  // Takes the next character of the text; true when the piece ends with it.
  bool Next(char32_t c);

 private:
  WildcardSearch() = default;
  std::size_t RowOf(char32_t c) const;

  std::size_t words_ = 0;
  std::size_t last_bit_ = 0;
  std::vector<char32_t> symbols_;     // sorted; row i + 1 of the table is symbols_[i]
  std::vector<std::uint64_t> table_;  // row 0: characters that the piece does not name
  std::vector<std::uint64_t> state_;
  std::size_t ascii_[128] = {};  // rows
};

}  // namespace sluice
