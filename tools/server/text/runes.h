// Texts as code points. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/server/json/json_text.h"

namespace sluice::text {

using Runes = std::u32string;
using RunesView = std::u32string_view;

// The code points of `text`; nothing when it is not valid UTF-8.
inline std::optional<Runes> DecodeRunes(std::string_view text) {
  Runes runes;
  runes.reserve(text.size());
  while (!text.empty()) {
    const json::CodePoint point = json::DecodeCodePoint(text);
    if (!point.valid) return std::nullopt;
    runes += point.value;
    text.remove_prefix(point.length);
  }
  return runes;
}

constexpr bool IsDigit(char32_t c) { return c >= U'0' && c <= U'9'; }
constexpr bool IsLetter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }
constexpr bool IsAlnum(char32_t c) { return IsLetter(c) || IsDigit(c); }

template <typename Check>
bool All(RunesView text, Check&& check) {
  for (const char32_t c : text) {
    if (!check(c)) return false;
  }
  return true;
}

}  // namespace sluice::text
