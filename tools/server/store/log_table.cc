// Tested by tests/server/logs_test.cc.
#include "tools/server/store/log_table.h"

#include <fcntl.h>
#include <string>
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

// `r` and 14 hexadecimal digits, as the table's default has it.
std::string LogId(std::uint64_t number) {
  std::string id = "r00000000000000";
  for (std::size_t i = id.size() - 1; i > 0; --i, number >>= 4U)
    id[i] = "0123456789abcdef"[number & 15U];
  return id;
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

Status InsertLogs(Connection& connection, const std::deque<LogRow>& rows) {
  std::uint64_t id = 0;
  {
    SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare("SELECT random()"));
    const StatementUse use(statement);
    SLUICE_RETURN_IF_ERROR(use->Step().status());
    id = static_cast<std::uint64_t>(use->Column(0).integer);
  }
  SLUICE_ASSIGN_OR_RETURN(
      Statement * statement,
      connection.Prepare("INSERT INTO _logs (id, level, message, data, created) "
                         "VALUES (?1, ?2, ?3, ?4, ?5)"));
  for (const LogRow& row : rows) {
    const std::string name = LogId(id++);
    const StatementUse use(statement);
    use->Bind(1, ValueView::Text(name));
    use->Bind(2, ValueView::Integer(row.level));
    use->Bind(3, ValueView::Text(row.message));
    use->Bind(4, ValueView::Text(row.data));
    use->Bind(5, ValueView::Text(row.created));
    SLUICE_RETURN_IF_ERROR(use->Step().status());
  }
  return absl::OkStatus();
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
