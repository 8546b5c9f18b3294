// Passwords <-> bcrypt texts. Slow on purpose: some 50 ms a call
// at cost 10, so never on an I/O thread.
#pragma once

#include <string>
#include <string_view>

#include "sluice/status.h"

namespace sluice::auth {

// The cost of a password field that names none.
inline constexpr int kPasswordCostDefault = 10;
// What may be hashed, in bytes; a longer password is refused.
inline constexpr std::size_t kPasswordBytesMax = 72;

// `$2a$CC$` and 53 characters, with a fresh random salt. kInvalidArgument when
// `password` has more than 72 bytes or holds a NUL, or `cost` is not 4 to 31.
StatusOr<std::string> HashPassword(std::string_view password, int cost);

// Whether `password` is what `hash` was made from. Any letter after `$2` and
// the cost found in `hash` count; anything else matches nothing. Of a long
// password the first 72 bytes of (password + NUL) matter. The comparison takes
// the same time wherever the two differ.
bool VerifyPassword(std::string_view password, std::string_view hash);

}  // namespace sluice::auth
