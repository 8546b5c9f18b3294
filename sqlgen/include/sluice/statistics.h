// What a database's statistics say of its tables, as plain data: the reader of
// the database fills it, the statements' spelling is chosen by it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "sluice/strings.h"

namespace sluice {

// They are as old as the last ANALYZE, and of tables that may be gone: good for
// a choice between two spellings of one meaning, never for what is answered.
// Names are compared without case. Immutable once it is shared.
class Statistics {
 public:
  // One row of SQLite's `sqlite_stat1`: `stat` is the number of rows, then for an
  // index the rows that share the values of its first column, of its first two,
  // and so on, then words such as `sz=40`; `index` is empty where the row is of a
  // table without one. What cannot be right is ignored: no number, none or below
  // 0 rows, more than 2^53, more of one value than there are.
  void Add(std::string_view table, std::string_view index, std::string_view stat);

  bool empty() const { return tables_.empty(); }

  // Rows of the table.
  std::optional<double> Rows(std::string_view table) const;
  // Rows that share the values of the first `columns` columns of the index, in
  // the mean; at least 1.
  std::optional<double> RowsPerValue(std::string_view table, std::string_view index,
                                     std::size_t columns = 1) const;

  bool operator==(const Statistics&) const = default;

 private:
  struct Table {
    double rows = 0;
    StringMap<std::vector<double>> rows_per_value;  // by index, in lower case
    bool operator==(const Table&) const = default;
  };
  StringMap<Table> tables_;  // by name, in lower case
};

}  // namespace sluice
