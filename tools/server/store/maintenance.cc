// Tested by tests/server/crons_test.cc.
#include "tools/server/store/maintenance.h"

#include "tools/server/store/connection.h"

namespace sluice::store {

Status CareFor(const std::string& path, bool optimize) {
  ConnectionOptions options;
  options.access = Access::kWrite;
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                          Connection::Open(path, options));
  SLUICE_RETURN_IF_ERROR(connection->Checkpoint(CheckpointMode::kTruncate));
  return optimize ? connection->Execute("PRAGMA optimize") : absl::OkStatus();
}

}  // namespace sluice::store
