// SQLite's own plan of a statement, as EXPLAIN QUERY PLAN prints it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::cli {

// One line a step, indented by depth. Parameters of `statement` are not needed.
StatusOr<std::vector<std::string>> QueryPlan(store::Connection& connection,
                                             const std::string& statement);

// Names of the indexes that a plan's lines mention.
std::vector<std::string> IndexesUsed(const std::vector<std::string>& query_plan);

// Whether rows are found, or put in order, by the index. Walking all of it
// because it is smaller than the table is neither.
bool IsLookedUpBy(const std::vector<std::string>& query_plan, std::string_view index);

}  // namespace sluice::cli
