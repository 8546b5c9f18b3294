// The steps that changes of collections are made of, inside of one transaction.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/collections/draft.h"
#include "tools/server/collections/field_errors.h"
#include "tools/server/store/collection_tables.h"
#include "tools/server/store/connection.h"

namespace sluice::collections {

// Works on the writer's connection, and keeps the schema as it will be.
class Changer {
 public:
  Changer(store::Connection& connection, const Schema& schema);

  const Schema& schema() const { return schema_; }

  // Makes the draft ready to be saved and puts it into the schema: ids, system
  // fields, a view's fields. `before` is null for a new collection.
  Status Prepare(Draft& draft, const Draft* before);

  // A prepared draft's mistakes.
  FieldErrors Check(const Draft& draft, const Draft* before, bool saved) const;

  // Writes a prepared draft: its row, its tables.
  store::TableResult Save(const Draft& draft, const Draft* before);

  // Saves the views anew whose fields are no longer what they were (S-34).
  // Views that fail stay as they are.
  void UpdateViews();

  // Row, table, and what the system collections hold about it.
  Status Delete(const Collection& collection);

 private:
  void Put(std::shared_ptr<const Collection> collection);
  Status SaveView(const Collection& view, const std::vector<Field>& fields);

  store::Connection& connection_;
  Schema schema_;
};

// A field's object as drafts hold it.
StatusOr<boost::json::object> FieldObject(const Field& field);

}  // namespace sluice::collections
