// Tokens that a thread has verified lately, so that it need not decode and sign
// them again for each request of the same caller.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sluice/strings.h"
#include "tools/server/auth/token.h"

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

  // Null when it is not known. Valid until the next Add.
  const Token* Find(std::string_view token) const;
  // `key` has verified it. Very long ones are not kept.
  void Add(std::string_view token, Claims claims, std::string key);

 private:
  // The one that fills and the one before it: what is not asked for while one
  // fills is forgotten.
  using Tokens = StringMap<std::unique_ptr<Token>>;
  Tokens now_;
  Tokens before_;
};

}  // namespace sluice::auth
