// LIKE as SQLite matches it, for patterns that are used once and for patterns
// that are kept (F-51).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// SQLite refuses longer patterns (F-26).
inline constexpr std::size_t kLikePatternBytesMax = 50000;

// The first position at or after `from` where `needle` occurs in `text`, ASCII
// letters of either case being equal; npos when there is none. Linear.
std::size_t FindIgnoringCase(std::string_view text, std::string_view needle, std::size_t from);

// A pattern with ESCAPE '\', taken apart once. Immutable; safe to share.
class LikePattern {
 public:
  explicit LikePattern(std::string_view pattern);

  bool Matches(std::string_view text) const;

 private:
  std::string pattern_;  // up to the first NUL, where SQLite stops to read
  // The literal between two `%` of a pattern that has no other wildcard.
  std::string needle_;
  bool is_contains_ = false;
};

// No wildcard, no escape, nothing beyond ASCII: found by its bytes alone.
bool IsPlainLikeText(std::string_view text);

// `text` LIKE '%' || `inner` || '%'. The pattern is built into `buffer` unless
// `inner` is plain; then `buffer` may be null.
bool LikeContains(std::string_view text, std::string_view inner, std::string* buffer);

}  // namespace sluice
