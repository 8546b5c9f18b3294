#include "tools/server/writes/passwords.h"

#include "tools/server/auth/password_hash.h"

namespace sluice::writes {

StatusOr<std::string> PasswordWork::Hash(std::string_view plain, int cost) {
  HashKey key(plain, cost);
  const auto known = hashes_.find(key);
  if (known != hashes_.end()) return known->second;
  if (computing_)
    return hashes_.emplace(std::move(key), auth::HashPassword(plain, cost)).first->second;
  lacking_hashes_.push_back(std::move(key));
  return std::string("-");
}

bool PasswordWork::Verify(std::string_view plain, std::string_view hash) {
  CheckKey key(plain, hash);
  const auto known = checks_.find(key);
  if (known != checks_.end()) return known->second;
  if (computing_)
    return checks_.emplace(std::move(key), auth::VerifyPassword(plain, hash)).first->second;
  lacking_checks_.push_back(std::move(key));
  return true;
}

void PasswordWork::ComputeLacking() {
  for (const HashKey& key : lacking_hashes_)
    hashes_.emplace(key, auth::HashPassword(key.first, key.second));
  for (const CheckKey& key : lacking_checks_)
    checks_.emplace(key, auth::VerifyPassword(key.first, key.second));
  lacking_hashes_.clear();
  lacking_checks_.clear();
}

}  // namespace sluice::writes
