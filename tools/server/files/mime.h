// What a file is, by its content alone (R-87, S-62).
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::files {

// So much of a file is looked at.
inline constexpr std::size_t kSniffedBytes = 3072;

struct DetectedType {
  std::string_view mime;       // with `; charset=utf-8` where the peer adds it
  std::string_view extension;  // with its dot; empty for unknown content
};

// `head`: the first kSniffedBytes of a content, or all of a shorter one; more is
// not looked at. An empty content is text. Unknown content is
// application/octet-stream. The views live for ever.
DetectedType DetectType(std::string_view head);

// Whether a detected type is the `wanted` one: parameters and ASCII case do not
// count, and a type may go by other names (audio/wav, audio/x-wav).
bool IsMimeType(std::string_view detected, std::string_view wanted);

}  // namespace sluice::files
