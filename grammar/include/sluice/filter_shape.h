// A filter's text with its literals taken out: what filters that differ only in
// values have in common. Much cheaper than parsing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/ast.h"

namespace sluice {

// A text or number of the filter, by F-10 to F-12.
struct ShapeLiteral {
  std::uint32_t begin = 0;  // in the text, at the quote or the first digit
  bool is_text = false;
  std::string_view text;  // is_text; a part of the filter
  double number = 0;
};

struct FilterShape {
  std::string key;
  std::vector<ShapeLiteral> literals;  // in the order of the text
};

// Takes the literals out of `filter`. False when it holds anything that makes
// this less than trivial: escapes, comments, zero bytes, invalid UTF-8, odd
// numbers or characters. Then it must be parsed.
//
// Two texts with the same key parse alike but for the values of their literals,
// given that one of them has passed `Fits` and neither is over the limit of
// length. `shape` is overwritten; its memory is used again.
bool TakeLiterals(std::string_view filter, FilterShape& shape);

// Whether the tree has exactly these literals, at these places.
bool Fits(const FilterShape& shape, const Ast& ast);

}  // namespace sluice
