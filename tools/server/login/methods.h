// What a collection offers to log in with.
#pragma once

#include <string>
#include <vector>

#include "tools/server/store/auth_options.h"

namespace sluice::login {

// One provider as the answer shows it. `logo` apart, the text of both lists.
struct MethodProvider {
  std::string name;
  std::string display_name;
  std::string logo;
  std::string state;
  std::string auth_url;
  std::string code_verifier;
  std::string code_challenge;
  std::string code_challenge_method;
};

// The body, with its newline. `providers` counts while OAuth2 is on.
std::string MethodsJson(const store::AuthOptions& options,
                        const std::vector<MethodProvider>& providers);

}  // namespace sluice::login
