// Stored values that are not as they are written today: legacy folders and raw
// SQL leave them behind (S-42, S-114 to S-119, F-80, F-86). They are served all
// the same; this finds them for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

struct OddValues {
  std::string field;
  std::string what;  // `no JSON array`, …
  std::int64_t rows = 0;
  std::string example_id;  // of one such row
};

// What is odd in the rows of `collection`, which must be no view; fields
// without a column are left out. Reads the whole table once for each field.
StatusOr<std::vector<OddValues>> FindOddValues(Connection& connection,
                                               const Collection& collection);

// The fields that the table or view has no column for; all of them when it is
// not there.
StatusOr<std::vector<std::string>> FieldsWithoutColumn(Connection& connection,
                                                       const Collection& collection);

// Why the view or table cannot be read; OK when it can.
Status CheckReadable(Connection& connection, const Collection& collection);

// The names of the indexes of `collection` that the database does not have.
StatusOr<std::vector<std::string>> MissingIndexes(Connection& connection,
                                                  const Collection& collection);

}  // namespace sluice::store
