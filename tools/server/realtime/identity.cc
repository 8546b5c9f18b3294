// Tested by tests/server/realtime_hub_test.cc.
#include "tools/server/realtime/identity.h"

namespace sluice::realtime {
namespace {

std::string SecretOf(const store::Snapshot& snapshot, const std::string& collection_id) {
  const auto found = snapshot.auth_token_secrets.find(collection_id);
  return found == snapshot.auth_token_secrets.end() ? std::string() : found->second;
}

}  // namespace

AuthRecord Identity::In(const store::Snapshot& snapshot) const {
  AuthRecord record;
  record.collection = snapshot.schema->FindById(collection_id);
  record.id = record_id;
  record.email = email;
  record.email_visibility = email_visibility;
  record.verified = verified;
  return record;
}

bool Identity::HoldsIn(const store::Snapshot& snapshot) const {
  const Collection* collection = snapshot.schema->FindById(collection_id);
  return collection != nullptr && collection->is_auth() &&
         SecretOf(snapshot, collection_id) == secret;
}

Identity IdentityOf(const auth::LoadedAuth& loaded, const store::Snapshot& snapshot) {
  const auth::Principal& principal = loaded.principal;
  return {principal.superuser,
          principal.collection_id,
          principal.record_id,
          principal.email,
          principal.email_visibility,
          principal.verified,
          SecretOf(snapshot, principal.collection_id)};
}

}  // namespace sluice::realtime
