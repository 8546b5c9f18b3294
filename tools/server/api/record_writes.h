// The handlers of POST, PATCH and DELETE on records, and of batches. They
// answer later.
#pragma once

#include "sluice/status.h"
#include "tools/server/api/server_parts.h"

namespace sluice::api {

Status CreateRecord(ServerParts& parts, const CallPtr& call);
Status UpdateRecord(ServerParts& parts, const CallPtr& call);
Status DeleteRecord(ServerParts& parts, const CallPtr& call);
Status RunBatch(ServerParts& parts, const CallPtr& call);

}  // namespace sluice::api
