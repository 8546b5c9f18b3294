// Views: their fields, and whether their query will do (S-31 to S-33, S-57).
#pragma once

#include <string>
#include <vector>

#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::collections {

// The fields of a query with their ids. Failures carry the text that follows
// `Invalid query - `: kInvalidArgument or kFailedPrecondition.
StatusOr<std::vector<Field>> ReadViewFields(store::Connection& connection, const std::string& query,
                                            const Schema& schema);

// Reads ten rows besides: fails when a field cannot be, or an id is empty or
// comes twice.
StatusOr<std::vector<Field>> DryRunView(store::Connection& connection, const std::string& query,
                                        const Schema& schema);

// `{"fields":[…],"sample":[…]}` and a newline.
StatusOr<std::string> DryRunJson(store::Connection& connection, const std::string& query,
                                 const Schema& schema);

// Whether two lists differ in more than the ids of clones (S-34).
bool SameViewFields(const std::vector<Field>& a, const std::vector<Field>& b);

}  // namespace sluice::collections
