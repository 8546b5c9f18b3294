// Tested by tests/server/logs_test.cc.
#include "tools/server/store/log_table.h"

#include <fcntl.h>
#include <unistd.h>

#include "tools/server/store/system_tables.h"

namespace sluice::store {
namespace {

Status RunOnce(Connection& connection, const std::string& text,
               std::initializer_list<ValueView> values) {
  SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare(text));
  const StatementUse use(statement);
  int number = 0;
  for (const ValueView& value : values) use->Bind(++number, value);
  return use->Step().status();
}

}  // namespace

StatusOr<std::unique_ptr<Connection>> OpenLogs(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return absl::FailedPreconditionError("cannot make " + path);
  // Before SQLite opens it: closing drops the locks of a whole process (S-124).
  ::close(file);
  ConnectionOptions options;
  options.access = Access::kWrite;
  options.cache_kib = 8192;
  options.statements_max = 16;
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::Open(path, options));
  bool found = false;
  {
    SLUICE_ASSIGN_OR_RETURN(
        Statement * statement,
        connection->Prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_logs'"));
    const StatementUse use(statement);
    SLUICE_ASSIGN_OR_RETURN(found, use->Step());
  }
  if (!found) SLUICE_RETURN_IF_ERROR(CreateLogsTable(*connection));
  return connection;
}

Status InsertLog(Connection& connection, const LogRow& row) {
  return RunOnce(connection,
                 "INSERT INTO _logs (id, level, message, data, created) "
                 "VALUES ('r'||lower(hex(randomblob(7))), ?1, ?2, ?3, ?4)",
                 {ValueView::Integer(row.level), ValueView::Text(row.message),
                  ValueView::Text(row.data), ValueView::Text(row.created)});
}

Status ForEachLoggedRequest(Connection& connection, std::int64_t max,
                            const std::function<void(std::string_view data)>& on_request) {
  SLUICE_ASSIGN_OR_RETURN(Statement * statement,
                          connection.Prepare("SELECT data FROM _logs WHERE data LIKE "
                                             "'%\"type\":\"request\"%' "
                                             "ORDER BY _rowid_ DESC LIMIT ?1"));
  const StatementUse use(statement);
  use->Bind(1, ValueView::Integer(max));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    if (!row) return absl::OkStatus();
    on_request(use->Column(0).text);
  }
}

Status DeleteLogs(Connection& connection, std::string_view created_min, std::int64_t level_min) {
  return RunOnce(connection, "DELETE FROM _logs WHERE created < ?1 OR level < ?2",
                 {ValueView::Text(created_min), ValueView::Integer(level_min)});
}

Status ClearLogs(Connection& connection) {
  SLUICE_RETURN_IF_ERROR(connection.Execute("DELETE FROM _logs"));
  return connection.Execute("VACUUM");
}

}  // namespace sluice::store
