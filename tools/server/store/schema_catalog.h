// `_collections` and `_params` of a data folder -> Snapshot (S-14 to S-24).
#pragma once

#include <memory>
#include <string>

#include "tools/server/store/connection.h"
#include "tools/server/store/snapshot.h"

namespace sluice::store {

// Reads everything anew. kFailedPrecondition with a message for a person when
// the folder is no PocketBase folder, is from before 0.23 (S-14), or holds a
// field type that nobody knows (S-19).
StatusOr<std::shared_ptr<const Snapshot>> LoadSnapshot(Connection& connection);

// A text that differs when collections or settings differ: the test for
// changes by another process.
StatusOr<std::string> CatalogFingerprint(Connection& connection);

}  // namespace sluice::store
