// The options of a collection's password field.
#pragma once

#include <cstddef>

#include "sluice/schema.h"

namespace sluice::login {

struct PasswordOptions {
  std::size_t min = 0;  // characters; 0: none
  int cost = 0;
};

// Of an auth collection. A cost of 0 is the default.
PasswordOptions PasswordOptionsOf(const Collection& collection);

}  // namespace sluice::login
