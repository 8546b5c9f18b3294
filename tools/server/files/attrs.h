// The sidecar of a stored file, `<name>.attrs` (S-59).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::files {

inline constexpr std::string_view kAttrsEnding = ".attrs";

struct Attrs {
  std::string content_type;
  // The client's name; none for thumbs, whose metadata is null.
  std::optional<std::string> original_name;
  // Base64 of the MD5 digest of the content.
  std::string md5;
};

// One line and its '\n'. The original name is cut to 255 bytes.
std::string AttrsText(const Attrs& attrs);

// None when `text` is not such an object (S-59: the file is then not found).
// Keys that are missing are empty.
std::optional<Attrs> ParseAttrs(std::string_view text);

}  // namespace sluice::files
