// URLs by the peer's grammar, oddities included.
#pragma once

#include <string_view>

namespace sluice::text {

// Takes linear time.
bool IsUrl(std::string_view text);

// The host of a URL with its port and without its user, as written; empty when
// there is no `scheme://`.
std::string_view UrlHost(std::string_view text);

}  // namespace sluice::text
