// Tested by tests/server/cli_advise_test.cc.
#include "tools/server/store/query_cost.h"

#include "sqlite3.h"

#include "tools/server/store/quoted_name.h"
#include "tools/server/store/statistics_table.h"

namespace sluice::store {

StatementWork TakeWork(const Statement& statement) {
  const auto take = [&](int counter) -> std::int64_t {
    return sqlite3_stmt_status(statement.handle(), counter, 1);
  };
  return {take(SQLITE_STMTSTATUS_FULLSCAN_STEP), take(SQLITE_STMTSTATUS_SORT),
          take(SQLITE_STMTSTATUS_AUTOINDEX), take(SQLITE_STMTSTATUS_VM_STEP)};
}

StatusOr<TableRows> CountTable(Connection& connection, const std::string& table,
                               std::int64_t count_max) {
  TableRows found;
  SLUICE_ASSIGN_OR_RETURN(const Statistics statistics, ReadStatistics(connection, table));
  if (const std::optional<double> rows = statistics.Rows(table)) {
    found.rows = static_cast<std::int64_t>(*rows);
    found.estimated = true;
    return found;
  }
  SLUICE_ASSIGN_OR_RETURN(Statement * count,
                          connection.Prepare("SELECT count(*) FROM (SELECT 1 FROM " +
                                             QuotedName(table) + " LIMIT ?1)"));
  const StatementUse use(count);
  use->Bind(1, ValueView::Integer(count_max + 1));
  SLUICE_RETURN_IF_ERROR(use->Step().status());
  found.rows = use->Column(0).integer;
  found.more = found.rows > count_max;
  if (found.more) found.rows = count_max;
  return found;
}

}  // namespace sluice::store
