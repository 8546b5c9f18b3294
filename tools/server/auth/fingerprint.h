// Where somebody logged in from, as one text.
#pragma once

#include <string>
#include <string_view>

namespace sluice::auth {

// The MD5 of the address and the agent, as 32 lower case hexadecimal digits.
// It tells places apart and protects nothing.
std::string Fingerprint(std::string_view ip, std::string_view user_agent);

}  // namespace sluice::auth
