// Lists of addresses and subnets of the settings (S-82).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth {

// Whether `ip` is one of the list's addresses or lies in one of its CIDR
// subnets. What is no address matches nothing.
bool IsListed(std::string_view ip, const std::vector<std::string>& list);

}  // namespace sluice::auth
