// Collections -> tables, indexes and views: the statements that make them and
// that turn one form into another (S-27 to S-40).
//
// Pure text; nothing is run. Names go through the one quoting function of the
// dialect's DDL (SQLite: backticks, as the peer writes them, S-28).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/dialect.h"
#include "sluice/schema.h"

namespace sluice {

enum class DdlDialect { kSqlite, kPostgres };

// `TEXT DEFAULT '' NOT NULL` of a field (S-27).
std::string ColumnDefinition(const Field& field, DdlDialect dialect);

// CREATE TABLE with the columns sorted by name, byte for byte the peer's in
// SQLite (S-28, X-1 to X-4).
std::string CreateTable(const Collection& collection, DdlDialect dialect);

// The canonical text of an index on `table` (S-36), or empty when `sql` is no
// CREATE INDEX.
std::string CanonicalIndex(std::string_view sql, std::string_view table);

// The text to store for a submitted index: itself, unless its table is not
// `table` (S-36).
std::string StoredIndex(std::string_view sql, std::string_view table);

std::string DropIndex(std::string_view name, DdlDialect dialect);
std::string DropTable(const Collection& collection, DdlDialect dialect);
std::string DropView(std::string_view name, DdlDialect dialect);

// `columns` of the view's query in order; when `cast_id` the id is wrapped
// (S-31).
std::string CreateView(std::string_view name, std::string_view query, const std::vector<std::string>& columns, bool cast_id,
                       DdlDialect dialect);

// What the table of `before` needs to become that of `after`, fields matched
// by id (S-38, S-39): indexes dropped, table renamed, columns dropped, added,
// renamed through temporary names, values converted between single and
// multiple, indexes made. `random_suffix` gives five fresh letters a call.
// Views must be dropped and made anew around conversions by the caller;
// `converts` (may be null) tells whether there is one.
std::vector<std::string> AlterTable(const Collection& before, const Collection& after, DdlDialect dialect,
                                    const std::function<std::string()>& random_suffix, bool* converts);

}  // namespace sluice
