// How a predicate reads a record in memory and follows its relations.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "sluice/plan.h"
#include "sluice/status.h"
#include "sluice/value.h"

namespace sluice {

// One row: stored, or about to be.
class RecordView {
 public:
  virtual ~RecordView() = default;

  // The stored value of a field's column. The text lives as long as the view.
  virtual ValueView Get(const Field& field) const = 0;
};

// Where a predicate finds the rows that a path leads to. Only asked when a
// variable crosses a relation; the database's state must be the same for all
// calls of one evaluation.
class RowSource {
 public:
  virtual ~RowSource() = default;

  using Rows = std::vector<std::shared_ptr<const RecordView>>;

  // Rows of `collection` with that id (at most one, but for views).
  virtual StatusOr<Rows> FindById(const Collection& collection, std::string_view id) = 0;
  // Rows whose `field` equals `value` as SQLite compares them: the field's
  // affinity against a text without any.
  virtual StatusOr<Rows> FindByField(const Collection& collection, const Field& field,
                                     std::string_view value) = 0;
  // Rows that hold the text `value` among the elements of their list `field`
  // (F-76, F-88). Unless overridden, looks through all rows.
  virtual StatusOr<Rows> FindByElement(const Collection& collection, const Field& field,
                                       std::string_view value);
  // All rows.
  virtual StatusOr<Rows> All(const Collection& collection) = 0;
};

}  // namespace sluice
