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
// SQLite (S-28, X-1 to X-4). In PostgreSQL an identity column `_rowid_` is
// added, the order in which rows came.
std::string CreateTable(const Collection& collection, DdlDialect dialect);

// The canonical text of an index on `table` (S-36), or empty when `sql` is no
// CREATE INDEX. It is what SQLite is given.
std::string CanonicalIndex(std::string_view sql, std::string_view table);

// The text to store for a submitted index: itself, unless its table is not
// `table` to the letter (S-36). A text that is no CREATE INDEX stays as it is.
std::string StoredIndex(std::string_view sql, std::string_view table);

// The statement that makes an index of `collection`, or empty when `sql` is no
// CREATE INDEX. For PostgreSQL names of columns are quoted, also inside of
// expressions, NOCASE becomes lower(); functions stay as they are.
std::string CreateIndex(std::string_view sql, const Collection& collection, DdlDialect dialect);

std::string DropIndex(std::string_view name, DdlDialect dialect);
std::string DropTable(const Collection& collection, DdlDialect dialect);
std::string DropView(std::string_view name, DdlDialect dialect);

// `columns` of the view's query in order; when `cast_id` the id is wrapped
// (S-31).
std::string CreateView(std::string_view name, std::string_view query,
                       const std::vector<std::string>& columns, bool cast_id, DdlDialect dialect);

// One statement, and what the peer puts in front of the database's error when
// it fails: `failed to drop column b`, or nothing (S-38).
struct TableStep {
  std::string sql;
  std::string failure;
};

// Run in this order, in one transaction.
struct TableChange {
  // Indexes dropped, table renamed, columns dropped, added and renamed. The
  // views are there meanwhile: SQLite rewrites renames in them and refuses to
  // drop what they use.
  std::vector<TableStep> steps;
  // Values converted between single and multiple (S-39). The caller drops all
  // views before and makes them anew from their saved SQL; empty: no need.
  std::vector<TableStep> conversions;
  // One for each of `after.indexes`, in order.
  std::vector<TableStep> indexes;

  bool empty() const { return steps.empty() && conversions.empty() && indexes.empty(); }
};

// What the table of `before` needs to become that of `after`, fields matched
// by id (S-38, S-39); nothing when name, fields and indexes are the same.
// `random_suffix` gives five fresh letters a call. Two steps are needed for a
// name, so that fields can swap theirs.
TableChange AlterTable(const Collection& before, const Collection& after, DdlDialect dialect,
                       const std::function<std::string()>& random_suffix);

}  // namespace sluice
