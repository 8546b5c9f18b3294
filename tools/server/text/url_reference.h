// URL references cut into their parts, as far as checks need them. Private to
// this folder.
#pragma once

#include <optional>
#include <string_view>

namespace sluice::text {

struct UrlReference {
  std::string_view host;  // with the port; empty without an authority
  std::string_view path;  // percent-encoded
};

// Nothing when `text` is no reference: control characters, a `%` that starts no
// escape (in the query any may stand), a user with characters that must be
// escaped, brackets that do not match, a port that is no number, a colon in the
// first segment of a relative path.
std::optional<UrlReference> ParseUrlReference(std::string_view text);

}  // namespace sluice::text
