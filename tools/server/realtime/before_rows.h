// The database as it was before a transaction, for what is told of its deletes
// (S-103).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sluice/record_view.h"
#include "tools/server/store/old_rows.h"
#include "tools/server/writes/save.h"

namespace sluice::realtime {

// A record's columns as they were read.
class OldRecord final : public RecordView {
 public:
  // `record` is one that was stored, and outlives this.
  explicit OldRecord(const writes::Record& record) : record_(record) {}
  ValueView Get(const Field& field) const override;
  const std::vector<Value>& columns() const { return record_.columns; }

 private:
  const writes::Record& record_;
};

// The rows of `stored` with the records that `events` touched put back: deleted
// and updated ones as they were, created ones left out. Both outlive this.
// Writes of later transactions show.
class BeforeRows final : public RowSource {
 public:
  BeforeRows(RowSource& stored, const std::vector<writes::Event>& events);

  StatusOr<Rows> FindById(const Collection& collection, std::string_view id) override;
  StatusOr<Rows> FindByField(const Collection& collection, const Field& field,
                             std::string_view value) override;
  StatusOr<Rows> All(const Collection& collection) override;

  // For what a query of the database says: the same rows, put back there.
  Status ShowIn(store::OldRows& old, const Schema& schema) const;

 private:
  // Null: the record was not there.
  using Old = std::shared_ptr<const OldRecord>;

  void PutBack(const Collection& collection, Rows& rows, const Field* field,
               std::string_view value) const;

  RowSource& stored_;
  std::map<std::string, std::map<std::string, Old, std::less<>>> old_;  // by collection and id
};

}  // namespace sluice::realtime
