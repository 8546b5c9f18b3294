// Tokens that a thread has verified lately, so that it need not decode and sign
// them again for each request of the same caller.
#pragma once

#include <string>
#include <string_view>

#include "tools/server/auth/token.h"
#include "tools/server/store/recent_map.h"

namespace sluice::auth {

// Remembers what depends on nothing but the token and the key: what it says,
// and that this key made it. Whether it has expired and which key counts is
// asked each time. For one thread; bounded in tokens and in bytes.
class KnownTokens {
 public:
  struct Token {
    Claims claims;
    std::string key;  // that made the signature
  };

  static KnownTokens& OfThread();

  // Null when it is not known. Valid until the next call.
  const Token* Find(std::string_view token);
  // `key` has verified it. Very long ones are not kept.
  void Add(std::string_view token, Claims claims, std::string key);

 private:
  store::RecentMap<Token> tokens_{512};
};

}  // namespace sluice::auth
