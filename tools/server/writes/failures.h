// Statuses that writes end with.
#pragma once

#include <string>
#include <vector>

#include "sluice/status.h"
#include "tools/server/http/api_error.h"
#include "tools/server/writes/record.h"

namespace sluice::writes {

// `Failed to create record.` or `Failed to update record.`, with errors.
Status SaveFailure(bool is_new, std::vector<http::ErrorEntry> data = {});

// What a statement's failure means for the client: errors of
// the columns that a unique index names; without them when the database
// refuses otherwise. What is no refusal (a full disk, a limit of time) stays.
Status StatementFailure(const Record& record, const Status& status);

http::ErrorEntry Mistake(std::string key, std::string code, std::string message);

}  // namespace sluice::writes
