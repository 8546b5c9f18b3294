// The OAuth2 providers by name (S-48).
#pragma once

#include <span>
#include <string_view>

namespace sluice::collections {

struct Provider {
  std::string_view name;
  std::string_view display_name;
};

// In the order of the answer.
std::span<const Provider> Providers();
bool IsProvider(std::string_view name);

}  // namespace sluice::collections
