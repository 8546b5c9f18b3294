// Who asks, for commands that answer as the server would: named, not by token.
#pragma once

#include <string>

#include "sluice/request_context.h"
#include "sluice/status.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/snapshot.h"

namespace sluice::cli {

// A guest without a record. `superuser`: rules are skipped.
struct FolderCaller {
  std::string name = "a guest";  // for people
  bool superuser = false;
  AuthRecord record;  // `collection` is null when there is none

  const AuthRecord* auth() const { return record.collection == nullptr ? nullptr : &record; }
};

// `as` is empty (a guest), `superuser`, or COLLECTION/ID of an auth collection,
// looked up without a token: whoever reads the folder may. kInvalidArgument or
// kNotFound with a message for a person.
StatusOr<FolderCaller> FindCaller(const std::string& as, const store::Snapshot& snapshot,
                                  store::Connection& connection);

// Milliseconds since the epoch, by the system's clock.
UnixMillis NowMillis();

}  // namespace sluice::cli
