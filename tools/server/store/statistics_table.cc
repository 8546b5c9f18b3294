// Tested by tests/server/schema_catalog_test.cc.
#include "tools/server/store/statistics_table.h"

namespace sluice::store {
namespace {

// Before the first ANALYZE there is no such table, and whoever looks for it in a
// statement learns so by a failure.
StatusOr<bool> HasStatistics(Connection& connection) {
  SLUICE_ASSIGN_OR_RETURN(
      Statement * statement,
      connection.Prepare("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"));
  const StatementUse use(statement);
  return use->Step();
}

}  // namespace

StatusOr<Statistics> ReadStatistics(Connection& connection, std::string_view table) {
  Statistics statistics;
  SLUICE_ASSIGN_OR_RETURN(const bool any, HasStatistics(connection));
  if (!any) return statistics;
  SLUICE_ASSIGN_OR_RETURN(
      Statement * statement,
      connection.Prepare("SELECT tbl, idx, stat FROM sqlite_stat1 WHERE ?1 = '' OR "
                         "tbl = ?1 COLLATE NOCASE"));
  const StatementUse use(statement);
  use->Bind(1, ValueView::Text(table));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    if (!row) return statistics;
    statistics.Add(use->Column(0).text, use->Column(1).text, use->Column(2).text);
  }
}

}  // namespace sluice::store
