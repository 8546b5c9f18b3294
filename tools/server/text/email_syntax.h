// E-mail addresses by the peer's grammar, oddities included.
#pragma once

#include <string_view>

namespace sluice::text {

// Takes linear time.
bool IsEmail(std::string_view text);

// What follows the last `@`; empty without one.
std::string_view EmailDomain(std::string_view text);

}  // namespace sluice::text
