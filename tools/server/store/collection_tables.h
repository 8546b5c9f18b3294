// Rows of `_collections`, and the tables, indexes and views behind them (S-16,
// S-27 to S-40). What changes something runs on the writer's connection inside
// of its transaction.
//
// Failures of SQLite are kFailedPrecondition with the error as the peer writes
// it: `SQL logic error: no such column: num (1)` (S-37).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::store {

Status InsertCollectionRow(Connection& connection, const CollectionRow& row);
// All but `id`.
Status UpdateCollectionRow(Connection& connection, const CollectionRow& row);
Status DeleteCollectionRow(Connection& connection, const std::string& id);

struct TableResult {
  Status status;
  // The index that could not be made, by its position; -1: something else.
  int failed_index = -1;
};

// A table with its indexes.
TableResult CreateTables(Connection& connection, const Collection& collection);
// Views are dropped and made anew where the change needs it (S-39).
TableResult ChangeTables(Connection& connection, const Collection& before, const Collection& after);
// The table or view.
Status DropTables(Connection& connection, const Collection& collection);

// Makes the view; one of the name `before`, if any, goes first. The query has
// to pass ViewColumns.
Status ReplaceView(Connection& connection, std::string_view before, const std::string& name,
                   const std::string& query);
// Fails when the view of that name does not compile.
Status CheckView(Connection& connection, const std::string& name);

// Whether the file has a table or view of that name, whatever its case.
StatusOr<bool> HasTable(Connection& connection, const std::string& name);

// What the four system collections hold about the records of an auth
// collection (S-54).
Status DeleteAuthRows(Connection& connection, const std::string& collection_id);

// Labels `before:…` of the rate limits become `after:…` (S-40). Settings that
// cannot be read stay as they are.
Status RenameRateLimits(Connection& connection, const std::string& before,
                        const std::string& after);

// A part of a transaction that can fail alone.
Status Begin(Connection& connection, const std::string& savepoint);
Status End(Connection& connection, const std::string& savepoint, bool keep);

// The names of a view query's columns (S-33). The query must be one SELECT that
// reads: an authorizer refuses everything else, and functions that reach
// outside of the database.
StatusOr<std::vector<std::string>> ViewColumns(Connection& connection, const std::string& query);

// The first rows of a view query, under the same authorizer, by column name.
Status ReadViewRows(Connection& connection, const std::string& query,
                    const std::vector<std::string>& columns, int rows_max,
                    const std::function<Status(const Statement&)>& on_row);

}  // namespace sluice::store
