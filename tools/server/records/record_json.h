// Rows to record objects: sorted keys, escaped beforehand, and
// values straight from the statement into the response.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/store/statement.h"

namespace sluice::records {

// What of a collection one kind of caller sees, and the columns that takes.
// Points into the collection.
class RecordShape {
 public:
  // `all_fields`: a superuser's view, hidden fields included.
  // `with_hidden_relations`: hidden relation columns are selected as well, for
  // expand (F-163).
  RecordShape(const Collection& collection, bool all_fields);

  // The columns to select, in the order in which Append reads them.
  const std::vector<std::string_view>& columns() const { return columns_; }
  const Collection& collection() const { return *collection_; }

  // The position of a field's column among columns(), or -1.
  int ColumnOf(std::string_view field) const;

 private:
  friend class RecordWriter;
  struct Member {
    std::string key;               // `"name":`
    const Field* field = nullptr;  // null: `fixed` is the value
    std::string fixed;
    int column = -1;
    bool email = false;  // of an auth collection
  };

  const Collection* collection_;
  std::vector<Member> members_;
  std::vector<std::string_view> columns_;
  std::size_t expand_at_ = 0;  // the member before which `expand` belongs
};

// Places in a rendered record where something may be put in later; each
// insertion ends with a comma, as `id` always follows.
struct Insertions {
  std::size_t email_at = 0;
  std::size_t expand_at = 0;
};

enum class EmailMode { kShow, kHide };

// Appends the record of the statement's current row to `out`. Fails as
// AppendFieldJson does, with `out` as before. `places` may be null.
Status AppendRecord(std::string& out, const RecordShape& shape, const store::Statement& row,
                    EmailMode email, Insertions* places);

// `"email":"…",` of the current row.
Status AppendEmail(std::string& out, const RecordShape& shape, const store::Statement& row);

}  // namespace sluice::records
