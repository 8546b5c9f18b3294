// Collections -> the statements of record writes: rows made, changed, deleted,
// and the look-ups that go with them.
//
// Pure text, the same for every record of a collection: made and prepared once
// for each shape. Names come from the schema and are quoted; each value is a
// parameter. Give tables, not views, where a row changes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/dialect.h"
#include "sluice/schema.h"

namespace sluice {

// One statement. `params[0]` says what `?1` (`$1`) stands for: the field whose
// value it takes, or what the function names. `columns` are the selected
// columns, in order.
//
// A value is bound as it is kept in SQLite: texts, dates, single values, lists
// and geo points (JSON) as text, numbers as integer or real, bools as 1 or 0,
// JSON as its text or NULL. SQLite's affinity makes the text of a bare JSON
// number that number; PostgreSQL's statement does the same by itself.
struct RowStatement {
  std::string text;
  std::vector<std::string> params;
  std::vector<std::string> columns;
};

// All fields, in the collection's order.
RowStatement InsertRow(const Collection& collection, const Dialect& dialect);

// All fields but the id, then the id of the row.
RowStatement UpdateRow(const Collection& collection, const Dialect& dialect);
// The same for `columns` only, names of fields other than the id. None: a
// statement that changes nothing. An unknown one: no text.
RowStatement UpdateColumns(const Collection& collection,
                           const std::vector<std::string_view>& columns, const Dialect& dialect);

// By id.
RowStatement DeleteRow(const Collection& collection, const Dialect& dialect);
// The rows that have all these texts. Without a column, or with an unknown one,
// there is no text.
RowStatement DeleteWhere(const Collection& collection, const std::vector<std::string_view>& columns,
                         const Dialect& dialect);

// All fields of the row with an id. A view may have several.
RowStatement SelectRow(const Collection& collection, const Dialect& dialect);
// The same for `columns` only, names of fields. An unknown one: no text.
RowStatement SelectColumns(const Collection& collection,
                           const std::vector<std::string_view>& columns, const Dialect& dialect);

// All fields of the rows whose `field` is a text that is not empty, the one
// parameter. Spelled so that an index serves whose WHERE asks for no more than
// that, with `kIgnoringCase` one of COLLATE NOCASE: ASCII letters only. An unknown
// field: no text.
enum class TextMatch : std::uint8_t { kExact, kIgnoringCase };
RowStatement SelectByText(const Collection& collection, std::string_view field, TextMatch match,
                          const Dialect& dialect);

// All fields of the rows whose relation `field` holds an id, which is
// the one parameter, `id`. A single relation is a plain equality, so that an
// index serves; a multiple one reads the whole table, and parses the list only
// of rows whose text could hold the id.
RowStatement SelectReferences(const Collection& collection, const Field& field,
                              const Dialect& dialect);

// How many rows have one of the ids of a JSON array of texts, the parameter
// `ids`; an id that is given twice counts once.
RowStatement CountIds(const Collection& collection, const Dialect& dialect);

// A row when there is one with that id.
RowStatement HasId(const Collection& collection, const Dialect& dialect);
// The same without regard to the case of ASCII letters. Reads the whole
// index of ids.
RowStatement HasIdIgnoringCase(const Collection& collection, const Dialect& dialect);

}  // namespace sluice
