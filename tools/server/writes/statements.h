// What writes know of a collection's table, worked out once per snapshot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/mutations.h"
#include "sluice/schema.h"
#include "sluice/status.h"
#include "sluice/value.h"
#include "tools/server/store/connection.h"

namespace sluice::writes {

// Of a field's stored options, those that are asked for on every write.
struct FieldFlags {
  bool required = false;
  bool cascade_delete = false;  // relations
  bool on_create = false;       // autodates
  bool on_update = false;
};

struct TableStatements {
  RowStatement insert;
  RowStatement update;
  RowStatement remove;
  RowStatement select;
  std::vector<FieldFlags> flags;  // one for each field
  bool has_files = false;

  explicit TableStatements(const Collection& collection);

  // Those of a snapshot's collection, made once by each thread. Valid until the
  // thread asks in another snapshot.
  static const TableStatements& Of(const std::shared_ptr<const Schema>& schema,
                                   const Collection& collection);
};

// Runs a statement that gives no rows.
Status Run(store::Connection& connection, const std::string& text,
           const std::vector<ValueView>& parameters);

}  // namespace sluice::writes
