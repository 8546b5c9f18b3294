// The rows of a data folder as a predicate's row source.
#pragma once

#include <memory>

#include "sluice/record_view.h"
#include "tools/server/store/connection.h"

namespace sluice::records {

// A row read whole: a value per field of its collection.
class StoredRecord final : public RecordView {
 public:
  StoredRecord(const Collection& collection, const store::Statement& row);
  ValueView Get(const Field& field) const override;

 private:
  const Collection& collection_;
  std::vector<Value> values_;  // by position among the collection's fields
};

// Reads rows by the connection that it was made with, on that thread. Give it a
// ReadSnapshot around an evaluation, so that all its rows are of one state.
class StoredRows final : public RowSource {
 public:
  StoredRows(const Schema& schema, store::Connection& connection)
      : schema_(schema), connection_(connection) {}
  // Faster: texts of statements are made once. `schema` outlives this.
  StoredRows(const std::shared_ptr<const Schema>& schema, store::Connection& connection)
      : schema_(*schema), kept_(&schema), connection_(connection) {}

  StatusOr<Rows> FindById(const Collection& collection, std::string_view id) override;
  StatusOr<Rows> FindByField(const Collection& collection, const Field& field,
                             std::string_view value) override;
  StatusOr<Rows> All(const Collection& collection) override;

 private:
  StatusOr<Rows> Run(const Plan& plan);

  const Schema& schema_;
  const std::shared_ptr<const Schema>* kept_ = nullptr;
  store::Connection& connection_;
};

}  // namespace sluice::records
