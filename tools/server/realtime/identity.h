// On whose behalf a client is told things (S-100).
#pragma once

#include <string>

#include "sluice/request_context.h"
#include "tools/server/auth/load_auth.h"
#include "tools/server/store/snapshot.h"

namespace sluice::realtime {

// An authenticated record. Unlike auth::LoadedAuth it points into no snapshot,
// as it outlives many.
struct Identity {
  bool superuser = false;
  std::string collection_id;
  std::string record_id;
  std::string email;
  bool email_visibility = false;
  bool verified = false;
  std::string secret;  // of the collection's auth tokens, when it was loaded

  std::string Key() const { return collection_id + "/" + record_id; }
  // As rules of that snapshot see it; its collection is null when it is gone.
  AuthRecord In(const store::Snapshot& snapshot) const;
  // Whether tokens made then are still good there: the collection is there, and
  // signs with the same secret.
  bool HoldsIn(const store::Snapshot& snapshot) const;
};

Identity IdentityOf(const auth::LoadedAuth& loaded, const store::Snapshot& snapshot);

}  // namespace sluice::realtime
