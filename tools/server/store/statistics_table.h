// What ANALYZE left in a database.
#pragma once

#include <string_view>

#include "sluice/statistics.h"
#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

// Of all tables, or of the one that is named. Without statistics it is empty;
// rows that nobody can use are left out.
StatusOr<Statistics> ReadStatistics(Connection& connection, std::string_view table = {});

}  // namespace sluice::store
