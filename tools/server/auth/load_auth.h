// From an Authorization header to the record that it stands for.
#pragma once

#include <optional>
#include <string_view>

#include "sluice/request_context.h"
#include "sluice/status.h"
#include "tools/server/auth/principal.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/snapshot.h"

namespace sluice::auth {

struct LoadedAuth {
  Principal principal;
  AuthRecord record;  // points into the snapshot
};

// The record of a valid auth token. Nothing for a guest and for any token that
// is malformed, expired, of another kind, wrongly signed or of a record that
// is gone: those are guests too. `now` in seconds since the epoch.
// Failures are the database's: nobody knows then who asks.
StatusOr<std::optional<LoadedAuth>> LoadAuth(std::string_view authorization, double now,
                                             const store::Snapshot& snapshot,
                                             store::Connection& connection);

}  // namespace sluice::auth
