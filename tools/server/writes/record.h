// A record in memory: new, or read and about to be changed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/record_view.h"
#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/fields/field_value.h"
#include "tools/server/store/connection.h"

namespace sluice::writes {

// Points into the collection's snapshot, which must outlive it.
struct Record {
  const Collection* collection = nullptr;
  std::vector<fields::FieldValue> values;  // one for each of the collection's fields
  // As the row was when it was read; both empty for a new record.
  std::vector<fields::FieldValue> before;
  std::vector<Value> columns;

  bool is_new() const { return columns.empty(); }
  const std::string& id() const;
  // The value of the field with that name, which must exist.
  const fields::FieldValue& Get(std::string_view field) const;
  fields::FieldValue& Get(std::string_view field);
  // The same as it was stored; of a new record the empty value.
  const fields::FieldValue& Before(std::string_view field) const;
};

// A record of empty values (no id yet).
Record NewRecord(const Collection& collection);

// The stored row, or nothing. By id; or the first row whose columns equal the
// given texts, as SQLite compares them, optionally without ASCII case.
StatusOr<std::optional<Record>> FindRecord(store::Connection& connection,
                                           const Collection& collection, std::string_view id);
struct FieldMatch {
  std::string_view field;
  std::string value;
};
enum class LetterCase : std::uint8_t { kMatters, kIgnored };
StatusOr<std::optional<Record>> FindRecordBy(store::Connection& connection,
                                             const Collection& collection,
                                             const std::vector<FieldMatch>& matches,
                                             LetterCase letter_case = LetterCase::kMatters);
// All of them, in the order of their rows.
StatusOr<std::vector<Record>> FindRecordsBy(store::Connection& connection,
                                            const Collection& collection,
                                            const std::vector<FieldMatch>& matches);

// The position of the field among the collection's, or -1.
int FieldIndex(const Collection& collection, std::string_view name);

// The record's values as columns, for predicates: of a record not yet stored.
class RecordColumns final : public RecordView {
 public:
  explicit RecordColumns(const Record& record);
  ValueView Get(const Field& field) const override;
  void Set(std::string_view field, Value value);

 private:
  const Collection& collection_;
  std::vector<Value> values_;
};

}  // namespace sluice::writes
