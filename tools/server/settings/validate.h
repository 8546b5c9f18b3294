// What settings must be like before they are saved (S-112, A-133).
#pragma once

#include <string>
#include <vector>

#include "tools/server/http/api_error.h"
#include "tools/server/store/settings.h"

namespace sluice::settings {

// Every mistake, nested as the settings are; empty when there is none.
std::vector<http::ErrorEntry> Validate(const store::Settings& settings);

// `superuserIPs: (0: invalid IP or CIDR subnet.).`: the mistakes in one line,
// for a terminal (S-108).
std::string OneLine(const std::vector<http::ErrorEntry>& mistakes);

}  // namespace sluice::settings
