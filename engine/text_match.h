// LIKE as SQLite matches it, for patterns that are used once and for patterns
// that are kept (F-51).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/like_pattern.h"

namespace sluice {

// SQLite refuses longer patterns (F-26).
inline constexpr std::size_t kLikePatternBytesMax = 50000;

// The first position at or after `from` where `needle` occurs in `text`, ASCII
// letters of either case being equal; npos when there is none. Linear.
std::size_t FindIgnoringCase(std::string_view text, std::string_view needle, std::size_t from);

// No wildcard, no escape, nothing beyond ASCII: found by its bytes alone.
bool IsPlainLikeText(std::string_view text);

// `text` LIKE '%' || `inner` || '%'. The pattern is built into `buffer` unless
// `inner` is plain; then `buffer` may be null.
bool LikeContains(std::string_view text, std::string_view inner, std::string* buffer);

}  // namespace sluice
