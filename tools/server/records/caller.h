// What one request brings to the records API: who asks, in whose snapshot, on
// which connection.
#pragma once

#include <memory>
#include <string>

#include "sluice/request_context.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/snapshot.h"

namespace sluice::records {

// All references outlive the call they are passed to. `request.auth` points to
// `auth` when somebody is authenticated.
struct Caller {
  const store::Snapshot& snapshot;
  store::Connection& connection;
  const RequestContext& request;
  bool superuser = false;

  const Schema& schema() const { return *snapshot.schema; }
};

}  // namespace sluice::records
