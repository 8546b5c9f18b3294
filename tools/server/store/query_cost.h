// What a statement did when it ran, and how large tables are.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

struct StatementWork {
  std::int64_t rows_scanned = 0;  // stepped over where no index leads
  std::int64_t sorts = 0;
  std::int64_t indexes_built = 0;  // for this one run: rows put into them
  std::int64_t steps = 0;          // of SQLite's virtual machine
};

// Of all runs of `statement` since it was prepared, or since the last call.
StatementWork TakeWork(const Statement& statement);

// The rows of a table: as the statistics have it where there are some, else
// counted, up to `count_max`.
struct TableRows {
  std::int64_t rows = 0;
  bool estimated = false;
  bool more = false;  // there are more than were counted
};
StatusOr<TableRows> CountTable(Connection& connection, const std::string& table,
                               std::int64_t count_max);

}  // namespace sluice::store
