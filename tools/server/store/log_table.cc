// Tested by tests/server/logs_test.cc.
#include "tools/server/store/log_table.h"

#include <array>
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

// Rows of one statement find their places in the indexes from those of the row
// before.
constexpr std::size_t kRowsTogether = 32;
// Pages that wait in the journal for the database: each round of the log changes
// much the same pages of its indexes, which are then copied once for several.
constexpr char kCheckpoints[] = "PRAGMA wal_autocheckpoint=4000";

std::string InsertText(std::size_t count) {
  std::string text = "INSERT INTO _logs (id, level, message, data, created) VALUES (?,?,?,?,?)";
  while (--count > 0) text += ",(?,?,?,?,?)";
  return text;
}

// The next `count` rows, 1 or kRowsTogether.
Status InsertSome(Connection& connection, LogRows::Reader& rows, std::size_t count,
                  std::uint64_t id) {
  static const std::string one_row = InsertText(1);
  static const std::string many_rows = InsertText(kRowsTogether);
  SLUICE_ASSIGN_OR_RETURN(Statement * statement,
                          connection.Prepare(count == 1 ? one_row : many_rows));
  std::array<std::string, kRowsTogether> ids;
  const StatementUse use(statement);
  int number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    LogRow row;
    if (!rows.Next(row)) return absl::InternalError("fewer rows than counted");
    ids[i] = LogId(id + i);
    use->Bind(++number, ValueView::Text(ids[i]));
    use->Bind(++number, ValueView::Integer(row.level));
    use->Bind(++number, ValueView::Text(row.message));
    use->Bind(++number, ValueView::Text(row.data));
    use->Bind(++number, ValueView::Text(row.created));
  }
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
  options.cache_kib = 10240;
  options.statements_max = 16;
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::Open(path, options));
  SLUICE_RETURN_IF_ERROR(connection->Execute(kCheckpoints));
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

Status InsertLogs(Connection& connection, const LogRows& rows) {
  std::uint64_t id = 0;
  {
    SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare("SELECT random()"));
    const StatementUse use(statement);
    SLUICE_RETURN_IF_ERROR(use->Step().status());
    id = static_cast<std::uint64_t>(use->Column(0).integer);
  }
  LogRows::Reader reader(rows);
  for (std::size_t done = 0; done < rows.size();) {
    const std::size_t count = rows.size() - done < kRowsTogether ? 1 : kRowsTogether;
    SLUICE_RETURN_IF_ERROR(InsertSome(connection, reader, count, id + done));
    done += count;
  }
  return absl::OkStatus();
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
