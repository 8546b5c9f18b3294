// Rows to record objects: sorted keys, escaped beforehand, and
// values straight from the statement into the response.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"

#include "sluice/ast.h"
#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/store/statement.h"

namespace sluice::records {

// How a record says which collection it is of.
enum class CollectionKeys : std::uint8_t {
  kPlain,  // `collectionId`, `collectionName`
  kAt,     // `@collectionId`, `@collectionName`: older clients, after writes
};

// What of a collection one kind of caller sees, and the columns that takes.
// Points into the collection.
class RecordShape {
 public:
  // `all_fields`: a superuser's view, hidden fields included. Hidden
  // relation columns are selected as well, for expand (F-163).
  // `picked`: what is not, may be left out, as PickFields sees the rest (F-184).
  // What can make a record fail, or the picker, always stays.
  RecordShape(const Collection& collection, bool all_fields, const FieldList* picked = nullptr,
              CollectionKeys keys = {});

  // The shape for a snapshot's collection, made once by each thread. Valid until
  // the thread asks in another snapshot.
  static const RecordShape& Of(const std::shared_ptr<const Schema>& schema,
                               const Collection& collection, bool all_fields,
                               CollectionKeys keys = {});
  // The same for what a `fields` parameter picks; valid until the thread asks for
  // another. An empty list picks everything.
  static std::shared_ptr<const RecordShape> OfPicked(const std::shared_ptr<const Schema>& schema,
                                                     const Collection& collection, bool all_fields,
                                                     const FieldList& picked);

  // The columns to select, in the order in which Append reads them.
  const std::vector<std::string_view>& columns() const { return columns_; }
  const Collection& collection() const { return *collection_; }

  // Another for each shape that is made, from 1.
  std::uint64_t serial() const { return serial_; }

  // The position of a field's column among columns(), or -1.
  int ColumnOf(std::string_view field) const;
  // Those of the fields that every row is asked for.
  int id_column() const { return id_column_; }
  // The relation fields among the columns, in the collection's order.
  const std::vector<std::pair<std::string_view, int>>& relations() const { return relations_; }
  int email_visibility_column() const { return email_visibility_column_; }

 private:
  friend class RecordWriter;
  // What is the same in every record, `,"name":` or `{"collectionId":"…","name":`,
  // and a value behind it.
  struct Member {
    std::size_t lead_at = 0;  // in leads_
    std::size_t lead_size = 0;
    const Field* field = nullptr;  // null: without a value
    int column = -1;
    bool email = false;  // of an auth collection
  };

  std::string_view Lead(const Member& member) const {
    return {leads_.data() + member.lead_at, member.lead_size};
  }
  void AddMember(std::string_view lead, const Field* field, int column, bool email);

  static std::uint64_t NextSerial();

  const Collection* collection_;
  std::uint64_t serial_ = NextSerial();
  std::vector<Member> members_;
  std::string leads_;  // and as many bytes behind the last as a block has
  std::vector<std::string_view> columns_;
  std::vector<std::pair<std::string_view, int>> relations_;
  int id_column_ = -1;
  int email_visibility_column_ = -1;
  std::size_t expand_at_ = 0;  // the member before which `expand` belongs
};

// Places in a rendered record where something may be put in later; each
// insertion ends with a comma, as `id` always follows.
struct Insertions {
  std::size_t email_at = 0;
  std::size_t expand_at = 0;
};

// True when a path of the list may pick something of the member `key`.
bool Picks(const FieldList& fields, std::string_view key);

// What the list picks of the value of the member `key`, without the modifiers
// (F-148 to F-150): an empty list for all of it, nothing for none.
std::optional<FieldList> PickedBelow(const FieldList& fields, std::string_view key);

enum class EmailMode { kShow, kHide };

// Appends the record of the statement's current row to `out`. Fails as
// AppendFieldJson does, with `out` as before. `places` may be null.
Status AppendRecord(std::string& out, const RecordShape& shape, const store::Statement& row,
                    EmailMode email, Insertions* places);

// The same of a record that is no row: `append` writes the value of a field.
using AppendValue = absl::FunctionRef<Status(std::string& out, const Field& field)>;
Status AppendRecord(std::string& out, const RecordShape& shape, AppendValue append, EmailMode email,
                    Insertions* places);

// `"email":"…",` of the current row.
Status AppendEmail(std::string& out, const RecordShape& shape, const store::Statement& row);

}  // namespace sluice::records
