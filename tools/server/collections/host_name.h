// What counts as a domain and as a URL in options (S-20, S-52).
#pragma once

#include <string_view>

namespace sluice::collections {

// Letters, digits and inner hyphens in labels, at least one dot, a last label of
// letters: `localhost` is none.
bool IsDomain(std::string_view text);

// A domain, `localhost` or an IP address, with or without scheme, port and
// path: `https://a.example/b`, `a.example`.
bool IsUrl(std::string_view text);

}  // namespace sluice::collections
