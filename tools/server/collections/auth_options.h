// The options of a new auth collection (S-23), mail texts included. The texts
// are ours; placeholders and links are the peer's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::collections {

struct AuthOptions {
  std::int64_t token_seconds = 432000;
  std::string mapped_name;    // the field that takes an OAuth2 user's name
  std::string mapped_avatar;  // and picture
};

// The JSON text as it is stored, each secret fresh.
std::string AuthOptionsJson(const AuthOptions& options);

}  // namespace sluice::collections
