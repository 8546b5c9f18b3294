// Tables as they were before a transaction, for what is read after its commit.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/schema.h"
#include "sluice/status.h"
#include "sluice/value.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

// A row that a transaction touched: its columns before, in the order of the
// collection's fields; null when it was not there.
struct OldRow {
  std::string id;
  const std::vector<Value>* columns = nullptr;
};

// For its lifetime all statements of one connection see the given rows of some
// tables as they were: temporary views stand before the tables. Costs some
// hundred microseconds, as statements are compiled anew. The connection is one
// for reading, and inside of a transaction that begins before this and ends
// after it.
class OldRows {
 public:
  static StatusOr<std::unique_ptr<OldRows>> Show(Connection& connection);
  ~OldRows();
  OldRows(const OldRows&) = delete;
  OldRows& operator=(const OldRows&) = delete;

  // Not of a view, and once for each collection.
  Status Add(const Collection& collection, const std::vector<OldRow>& rows);

 private:
  explicit OldRows(Connection& connection) : connection_(connection) {}
  Connection& connection_;
};

}  // namespace sluice::store
