// Adapters between std::string_view, which our API speaks, and abseil, whose
// Debian build has a string_view type of its own.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace sluice {

// The same bytes as an abseil view. Lives as long as what `text` points to.
inline absl::string_view AsAbsl(std::string_view text) { return {text.data(), text.size()}; }

// The same bytes as a standard view.
inline std::string_view AsStd(absl::string_view text) { return {text.data(), text.size()}; }

// Hash and equality that let a map keyed by std::string be asked with a view.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return absl::Hash<absl::string_view>{}(AsAbsl(text));
  }
};

template <typename Value>
using StringMap = absl::flat_hash_map<std::string, Value, StringHash, std::equal_to<>>;

// ASCII-only lower case: the peer's folding wherever it folds at all (F-43).
constexpr char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
std::string LowerAscii(std::string_view text);

// Equality that ignores the case of ASCII letters only.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

}  // namespace sluice
