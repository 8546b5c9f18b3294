// Tested by tests/server/token_test.cc.
#include "tools/server/auth/known_tokens.h"

#include <utility>

#include "sluice/thread_owned.h"

namespace sluice::auth {
namespace {

constexpr std::size_t kTokenBytesMax = 1024;

}  // namespace

KnownTokens& KnownTokens::OfThread() {
  return ThreadOwned<KnownTokens>();
}

const KnownTokens::Token* KnownTokens::Find(std::string_view token) { return tokens_.Find(token); }

void KnownTokens::Add(std::string_view token, Claims claims, std::string key) {
  if (token.size() <= kTokenBytesMax) tokens_.Set(token, {std::move(claims), std::move(key)});
}

}  // namespace sluice::auth
