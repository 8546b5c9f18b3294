// What all changes of collections share.
#pragma once

#include <functional>
#include <string>

#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/collections/change.h"
#include "tools/server/collections/draft.h"
#include "tools/server/store/collection_tables.h"
#include "tools/server/store/connection.h"

namespace sluice::collections {

// Runs `job` in a transaction of the writer, with the schema as it then is.
// After the commit the new snapshot is published before any other write
// starts, and other processes are told (S-18). Then the database looks whether
// it wants new statistics (S-38).
Status RunChange(const Workplace& place,
                 const std::function<Status(store::Connection&, const Schema&)>& job);

// The answer when an index could not be made (S-37).
Status IndexFailure(const store::TableResult& result, const Draft& draft,
                    const std::string& message);

}  // namespace sluice::collections
