// A LIKE pattern that is used for many texts (F-51).
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// A pattern with ESCAPE '\', taken apart once: the same answers as LikeMatches.
// Immutable; safe to share.
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

}  // namespace sluice
