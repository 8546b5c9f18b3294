// Providers as auth-methods shows them.
#pragma once

#include <vector>

#include "tools/server/login/methods.h"
#include "tools/server/store/auth_options.h"

namespace sluice::oauth2 {

// Every configured provider, with a state and a verifier that are new on every
// call and stored nowhere. One of no known name is left out.
std::vector<login::MethodProvider> MethodsOf(const store::AuthOptions& options);

}  // namespace sluice::oauth2
