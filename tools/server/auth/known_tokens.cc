// Tested by tests/server/token_test.cc.
#include "tools/server/auth/known_tokens.h"

#include <utility>

namespace sluice::auth {
namespace {

constexpr std::size_t kTokenBytesMax = 1024;

}  // namespace

KnownTokens& KnownTokens::OfThread() {
  thread_local KnownTokens tokens;
  return tokens;
}

const KnownTokens::Token* KnownTokens::Find(std::string_view token) { return tokens_.Find(token); }

void KnownTokens::Add(std::string_view token, Claims claims, std::string key) {
  if (token.size() <= kTokenBytesMax) tokens_.Set(token, {std::move(claims), std::move(key)});
}

}  // namespace sluice::auth
