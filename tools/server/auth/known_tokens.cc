// Tested by tests/server/token_test.cc.
#include "tools/server/auth/known_tokens.h"

#include <utility>

namespace sluice::auth {
namespace {

constexpr std::size_t kTokensMax = 512;  // of each generation
constexpr std::size_t kTokenBytesMax = 1024;

}  // namespace

KnownTokens& KnownTokens::OfThread() {
  thread_local KnownTokens tokens;
  return tokens;
}

const KnownTokens::Token* KnownTokens::Find(std::string_view token) const {
  for (const Tokens* tokens : {&now_, &before_}) {
    if (const auto found = tokens->find(token); found != tokens->end()) return found->second.get();
  }
  return nullptr;
}

void KnownTokens::Add(std::string_view token, Claims claims, std::string key) {
  if (token.size() > kTokenBytesMax) return;
  if (now_.size() >= kTokensMax) before_ = std::exchange(now_, {});
  now_[std::string(token)] = std::make_unique<Token>(Token{std::move(claims), std::move(key)});
}

}  // namespace sluice::auth
