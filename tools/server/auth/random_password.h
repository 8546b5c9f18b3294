// Passwords that nobody knows.
#pragma once

#include <string>

namespace sluice::auth {

// A text of the form of a bcrypt hash whose password nobody knows, as nobody
// ever had one: salt and hash are random. Costs nothing to make, and as much to
// check against as any other.
std::string RandomPasswordHash(int cost);

}  // namespace sluice::auth
