// How large tables are, roughly and at a bounded price: what an estimate of the
// cost of a request needs to know.
#pragma once

#include "sluice/schema.h"
#include "sluice/status.h"
#include "sluice/strings.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

struct TableSizes {
  double rows = 1;
  // Of one value, in the mean of a few rows; by column.
  StringMap<double> bytes;
  // Rows that share a value, where the statistics of an index that begins with
  // the column say so.
  StringMap<double> rows_per_value;
};

// Looks at some fifty rows, wherever they are among the row ids: statistics would
// be as old as the last ANALYZE. Of a view, which only running it would tell, and
// of a table that cannot be read: one row.
TableSizes EstimateTable(Connection& connection, const Collection& collection);

}  // namespace sluice::store
