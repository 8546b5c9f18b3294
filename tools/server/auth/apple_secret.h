// The client secret that Apple wants: a JWT signed with ES256.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/status.h"

namespace sluice::auth {

struct AppleSecret {
  std::string client_id;
  std::string team_id;
  std::string key_id;
  std::string private_key;    // PKCS#8 PEM
  std::int64_t duration = 0;  // seconds
};

// kInvalidArgument with words for the operator when the key is none of the kind.
StatusOr<std::string> MakeAppleSecret(const AppleSecret& secret, std::int64_t now_seconds);

}  // namespace sluice::auth
