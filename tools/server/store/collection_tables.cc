// Runs what sqlgen/ddl.h prints. Tested by tests/conformance (`collections`)
// and tests/server/collections_tables_test.cc.
#include "tools/server/store/collection_tables.h"

#include <array>
#include <random>

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "sqlite3.h"

#include "sluice/ddl.h"

namespace sluice::store {
namespace {

constexpr DdlDialect kDialect = DdlDialect::kSqlite;

// `connection`'s last failure. Locks, limits and damage keep their own codes:
// they are not the client's.
Status LastFailure(Connection& connection) {
  sqlite3* handle = connection.handle();
  const int code = sqlite3_extended_errcode(handle);
  const std::string message = sqlite3_errmsg(handle);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError("the database is locked by another process: " + message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
      return absl::InternalError(message);
    default:
      break;
  }
  const std::string general = sqlite3_errstr(code);
  const std::string number = " (" + std::to_string(code) + ")";
  return absl::FailedPreconditionError(general == message ? general + number
                                                          : general + ": " + message + number);
}

// One statement, used once.
class OneStatement {
 public:
  OneStatement() = default;
  ~OneStatement() { sqlite3_finalize(handle_); }
  OneStatement(const OneStatement&) = delete;
  OneStatement& operator=(const OneStatement&) = delete;

  // Refuses a text with something behind the first statement.
  Status Prepare(Connection& connection, const std::string& text) {
    const char* rest = nullptr;
    if (sqlite3_prepare_v2(connection.handle(), text.data(), static_cast<int>(text.size()),
                           &handle_, &rest) != SQLITE_OK) {
      return LastFailure(connection);
    }
    sqlite3_stmt* second = nullptr;
    const auto left = static_cast<int>(text.data() + text.size() - rest);
    const int code = sqlite3_prepare_v2(connection.handle(), rest, left, &second, nullptr);
    sqlite3_finalize(second);
    if (handle_ == nullptr || second != nullptr || code != SQLITE_OK) {
      return absl::FailedPreconditionError("multiple statements are not supported");
    }
    return absl::OkStatus();
  }

  sqlite3_stmt* handle() const { return handle_; }

 private:
  sqlite3_stmt* handle_ = nullptr;
};

Status RunOnce(Connection& connection, const std::string& text) {
  OneStatement statement;
  SLUICE_RETURN_IF_ERROR(statement.Prepare(connection, text));
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement.handle());
  return code == SQLITE_DONE ? absl::OkStatus() : LastFailure(connection);
}

Status Run(Connection& connection, const std::string& text, const std::vector<ValueView>& values) {
  StatusOr<Statement*> statement = connection.Prepare(text);
  if (!statement.ok()) return LastFailure(connection);
  const StatementUse use(*statement);
  for (std::size_t i = 0; i < values.size(); ++i) use->Bind(static_cast<int>(i) + 1, values[i]);
  return use->Step().ok() ? absl::OkStatus() : LastFailure(connection);
}

ValueView Nullable(const RuleText& rule) {
  return rule ? ValueView::Text(*rule) : ValueView::Null();
}

std::vector<ValueView> ValuesOf(const CollectionRow& row) {
  return {ValueView::Text(row.id),      ValueView::Integer(row.system ? 1 : 0),
          ValueView::Text(row.type),    ValueView::Text(row.name),
          ValueView::Text(row.fields),  ValueView::Text(row.indexes),
          Nullable(row.list_rule),      Nullable(row.view_rule),
          Nullable(row.create_rule),    Nullable(row.update_rule),
          Nullable(row.delete_rule),    ValueView::Text(row.options),
          ValueView::Text(row.created), ValueView::Text(row.updated)};
}

std::string RandomLetters() {
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string text;
  for (int i = 0; i < 5; ++i) text += kLetters[random() % kLetters.size()];
  return text;
}

Status RunSteps(Connection& connection, const std::vector<TableStep>& steps) {
  for (const TableStep& step : steps) {
    const Status status = RunOnce(connection, step.sql);
    if (status.ok()) continue;
    if (step.failure.empty() || !absl::IsFailedPrecondition(status)) return status;
    return absl::FailedPreconditionError(step.failure + " - " +
                                         std::string(AsStd(status.message())));
  }
  return absl::OkStatus();
}

TableResult MakeIndexes(Connection& connection, const std::vector<std::string>& statements) {
  for (std::size_t i = 0; i < statements.size(); ++i) {
    Status status = RunOnce(connection, statements[i]);
    if (!status.ok()) return {std::move(status), static_cast<int>(i)};
  }
  return {};
}

// Drops every view for as long as it lives in a function, and makes them anew
// from their texts, so that columns under them can be replaced.
class WithoutViews {
 public:
  Status Drop(Connection& connection) {
    {
      SLUICE_ASSIGN_OR_RETURN(
          Statement * statement,
          connection.Prepare(
              "SELECT name, sql FROM sqlite_master WHERE type = 'view' ORDER BY rowid"));
      const StatementUse use(statement);
      while (true) {
        SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
        if (!row) break;
        views_.emplace_back(use->Column(0).text, use->Column(1).text);
      }
    }
    for (const auto& [name, sql] : views_)
      SLUICE_RETURN_IF_ERROR(RunOnce(connection, DropView(name, kDialect)));
    return absl::OkStatus();
  }

  Status Restore(Connection& connection) const {
    for (const auto& [name, sql] : views_) SLUICE_RETURN_IF_ERROR(RunOnce(connection, sql));
    return absl::OkStatus();
  }

 private:
  std::vector<std::pair<std::string, std::string>> views_;
};

// Allows one connection to read only, for as long as it lives. Setting and
// clearing make SQLite compile its prepared statements anew.
class ReadingOnly {
 public:
  explicit ReadingOnly(Connection& connection) : handle_(connection.handle()) {
    sqlite3_set_authorizer(handle_, &ReadingOnly::Authorize, nullptr);
    value_bytes_max_ = sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, kValueBytesMax);
  }
  ~ReadingOnly() {
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, value_bytes_max_);
    sqlite3_set_authorizer(handle_, nullptr, nullptr);
  }
  ReadingOnly(const ReadingOnly&) = delete;
  ReadingOnly& operator=(const ReadingOnly&) = delete;

 private:
  static int Authorize(void*, int action, const char*, const char* name, const char*, const char*) {
    static constexpr std::array<std::string_view, 8> kRefused = {
        "load_extension", "readfile", "writefile", "edit",
        "lsdir",          "fsdir",    "zipfile",   "fts3_tokenizer"};
    switch (action) {
      case SQLITE_SELECT:
      case SQLITE_READ:
      case SQLITE_RECURSIVE:
        return SQLITE_OK;
      case SQLITE_FUNCTION:
        for (std::string_view refused : kRefused) {
          if (name != nullptr && EqualsIgnoreCase(name, refused)) return SQLITE_DENY;
        }
        return SQLITE_OK;
      default:
        return SQLITE_DENY;
    }
  }

  // A sample is no place for gigabytes.
  static constexpr int kValueBytesMax = 64 << 20;

  sqlite3* handle_;
  int value_bytes_max_ = 0;
};

// A view looks for its tables in its own database, and SQLite then says so.
Status WithMain(Status status) {
  constexpr std::string_view kStart = "SQL logic error: no such table: ";
  const std::string text(AsStd(status.message()));
  if (!absl::IsFailedPrecondition(status) || !text.starts_with(kStart)) return status;
  const std::string_view name = std::string_view(text).substr(kStart.size());
  if (name.substr(0, name.rfind(" (")).find('.') != name.npos) return status;
  return absl::FailedPreconditionError(std::string(kStart) + "main." + std::string(name));
}

std::string Quoted(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) quoted.append(c == '`' ? 2 : 1, c);
  return quoted + '`';
}

std::vector<std::string> ColumnNames(sqlite3_stmt* statement) {
  std::vector<std::string> names;
  for (int i = 0; i < sqlite3_column_count(statement); ++i)
    names.emplace_back(sqlite3_column_name(statement, i));
  return names;
}

}  // namespace

Status InsertCollectionRow(Connection& connection, const CollectionRow& row) {
  return Run(connection,
             "INSERT INTO `_collections` (id, system, type, name, fields, indexes, listRule, "
             "viewRule, createRule, updateRule, deleteRule, "
             "options, created, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
             "?12, ?13, ?14)",
             ValuesOf(row));
}

Status UpdateCollectionRow(Connection& connection, const CollectionRow& row) {
  return Run(connection,
             "UPDATE `_collections` SET system = ?2, type = ?3, name = ?4, fields = ?5, indexes = "
             "?6, listRule = ?7, viewRule = ?8, "
             "createRule = ?9, updateRule = ?10, deleteRule = ?11, options = ?12, created = ?13, "
             "updated = ?14 WHERE id = ?1",
             ValuesOf(row));
}

Status DeleteCollectionRow(Connection& connection, const std::string& id) {
  return Run(connection, "DELETE FROM `_collections` WHERE id = ?1", {ValueView::Text(id)});
}

TableResult CreateTables(Connection& connection, const Collection& collection) {
  if (Status status = RunOnce(connection, CreateTable(collection, kDialect)); !status.ok())
    return {std::move(status), -1};
  std::vector<std::string> indexes;
  for (const Index& index : collection.indexes)
    indexes.push_back(CreateIndex(index.sql, collection, kDialect));
  return MakeIndexes(connection, indexes);
}

TableResult ChangeTables(Connection& connection, const Collection& before,
                         const Collection& after) {
  const TableChange change = AlterTable(before, after, kDialect, &RandomLetters);
  if (Status status = RunSteps(connection, change.steps); !status.ok())
    return {std::move(status), -1};
  if (!change.conversions.empty()) {
    WithoutViews views;
    Status status = views.Drop(connection);
    if (status.ok()) status = RunSteps(connection, change.conversions);
    if (status.ok()) status = views.Restore(connection);
    if (!status.ok()) return {std::move(status), -1};
  }
  std::vector<std::string> indexes;
  for (const TableStep& step : change.indexes) indexes.push_back(step.sql);
  return MakeIndexes(connection, indexes);
}

Status DropTables(Connection& connection, const Collection& collection) {
  return RunOnce(connection, collection.is_view() ? DropView(collection.name, kDialect)
                                                  : DropTable(collection, kDialect));
}

Status ReplaceView(Connection& connection, std::string_view before, const std::string& name,
                   const std::string& query) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> columns, ViewColumns(connection, query));
  if (!before.empty()) SLUICE_RETURN_IF_ERROR(RunOnce(connection, DropView(before, kDialect)));
  SLUICE_RETURN_IF_ERROR(RunOnce(connection, CreateView(name, query, columns, false, kDialect)));
  bool text_id = true;
  {
    SLUICE_ASSIGN_OR_RETURN(
        Statement * statement,
        connection.Prepare("SELECT type FROM pragma_table_info(?1) WHERE name = 'id'"));
    const StatementUse use(statement);
    use->Bind(1, ValueView::Text(name));
    const StatusOr<bool> row = use->Step();
    if (!row.ok()) return LastFailure(connection);
    if (*row) text_id = EqualsIgnoreCase(use->Column(0).text, "TEXT");
  }
  if (text_id) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(RunOnce(connection, DropView(name, kDialect)));
  return RunOnce(connection, CreateView(name, query, columns, true, kDialect));
}

Status CheckView(Connection& connection, const std::string& name) {
  OneStatement statement;
  return statement.Prepare(connection, "SELECT * FROM " + Quoted(name) + " LIMIT 0");
}

StatusOr<bool> HasTable(Connection& connection, const std::string& name) {
  SLUICE_ASSIGN_OR_RETURN(Statement * statement,
                          connection.Prepare("SELECT 1 FROM sqlite_master WHERE type IN ('table', "
                                             "'view') AND name = ?1 COLLATE NOCASE"));
  const StatementUse use(statement);
  use->Bind(1, ValueView::Text(name));
  return use->Step();
}

Status DeleteAuthRows(Connection& connection, const std::string& collection_id) {
  for (const char* table : {"_mfas", "_otps", "_externalAuths", "_authOrigins"}) {
    SLUICE_ASSIGN_OR_RETURN(const bool there, HasTable(connection, table));
    if (!there) continue;
    SLUICE_RETURN_IF_ERROR(Run(connection,
                               "DELETE FROM " + Quoted(table) + " WHERE collectionRef = ?1",
                               {ValueView::Text(collection_id)}));
  }
  return absl::OkStatus();
}

Status RenameRateLimits(Connection& connection, const std::string& before,
                        const std::string& after) {
  std::string settings;
  {
    SLUICE_ASSIGN_OR_RETURN(Statement * statement,
                            connection.Prepare("SELECT value FROM _params WHERE id = 'settings'"));
    const StatementUse use(statement);
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    if (!row) return absl::OkStatus();
    settings = std::string(use->Column(0).text);
  }
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(settings, error);
  if (error || !value.is_object()) return absl::OkStatus();
  const std::string prefix = before + ":";
  bool changed = false;
  boost::json::value* rules = value.get_object().if_contains("rateLimits");
  if (rules != nullptr && rules->is_object()) rules = rules->get_object().if_contains("rules");
  if (rules == nullptr || !rules->is_array()) return absl::OkStatus();
  for (boost::json::value& rule : rules->get_array()) {
    boost::json::value* label = rule.is_object() ? rule.get_object().if_contains("label") : nullptr;
    if (label == nullptr || !label->is_string()) continue;
    const std::string text(label->get_string());
    if (!text.starts_with(prefix)) continue;
    *label = after + text.substr(before.size());
    changed = true;
  }
  if (!changed) return absl::OkStatus();
  // Plain settings are a blob (S-15).
  return Run(connection,
             "UPDATE _params SET value = CAST(?1 AS BLOB), updated = strftime('%Y-%m-%d "
             "%H:%M:%fZ') WHERE id = 'settings'",
             {ValueView::Text(boost::json::serialize(value))});
}

Status Begin(Connection& connection, const std::string& savepoint) {
  return RunOnce(connection, "SAVEPOINT " + Quoted(savepoint));
}

Status End(Connection& connection, const std::string& savepoint, bool keep) {
  if (!keep) SLUICE_RETURN_IF_ERROR(RunOnce(connection, "ROLLBACK TO " + Quoted(savepoint)));
  return RunOnce(connection, "RELEASE " + Quoted(savepoint));
}

StatusOr<std::vector<std::string>> ViewColumns(Connection& connection, const std::string& query) {
  const ReadingOnly reading(connection);
  OneStatement statement;
  SLUICE_RETURN_IF_ERROR(WithMain(statement.Prepare(connection, "SELECT * FROM (" + query + ")")));
  return ColumnNames(statement.handle());
}

Status ReadViewRows(Connection& connection, const std::string& query,
                    const std::vector<std::string>& columns, int rows_max,
                    const std::function<Status(const Statement&)>& on_row) {
  const ReadingOnly reading(connection);
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ",") + Quoted(column);
  sqlite3_stmt* handle = nullptr;
  const std::string text =
      "SELECT " + list + " FROM (" + query + ") LIMIT " + std::to_string(rows_max);
  if (sqlite3_prepare_v2(connection.handle(), text.data(), static_cast<int>(text.size()), &handle,
                         nullptr) != SQLITE_OK) {
    return WithMain(LastFailure(connection));
  }
  Statement statement(handle);
  while (true) {
    const StatusOr<bool> row = statement.Step();
    if (!row.ok()) return LastFailure(connection);
    if (!*row) return absl::OkStatus();
    SLUICE_RETURN_IF_ERROR(on_row(statement));
  }
}

}  // namespace sluice::store
