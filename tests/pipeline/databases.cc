#include "tests/pipeline/databases.h"

#include <cmath>
#include <cstdio>

#include "gtest/gtest.h"
#include "sqlite3.h"

#include "sluice/dialect.h"
#include "tests/support/schemas.h"

namespace sluice {
namespace {

// Pages of these tests hold all rows.
constexpr std::int64_t kLimit = 1000;

Value ParamValue(const Plan& plan, const Param& param) {
  if (param.kind == ParamKind::kSlot) return plan.slots[param.slot].value;
  return Value::Integer(param.kind == ParamKind::kLimit ? kLimit : 0);
}

void BindValue(sqlite3_stmt* statement, int index, const Value& value) {
  switch (value.storage) {
    case StorageClass::kNull:
      sqlite3_bind_null(statement, index);
      break;
    case StorageClass::kInteger:
      sqlite3_bind_int64(statement, index, value.integer);
      break;
    case StorageClass::kReal:
      sqlite3_bind_double(statement, index, value.real);
      break;
    case StorageClass::kText:
      sqlite3_bind_text(statement, index, value.text.data(), static_cast<int>(value.text.size()),
                        SQLITE_TRANSIENT);
      break;
  }
}

#if SLUICE_WITH_POSTGRES
std::string RealText(double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.17g", value);
  return buffer;
}

// A value as text for PostgreSQL; NaN is NULL, as SQLite binds it.
PostgresConnection::Cell ToCell(const Value& value) {
  switch (value.storage) {
    case StorageClass::kNull:
      return std::nullopt;
    case StorageClass::kInteger:
      return std::to_string(value.integer);
    case StorageClass::kReal:
      if (std::isnan(value.real)) return std::nullopt;
      return RealText(value.real);
    case StorageClass::kText:
      return value.text;
  }
  return std::nullopt;
}

PostgresConnection::Cell ColumnCell(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return std::nullopt;
    case SQLITE_FLOAT:
      // Number columns take all digits; columns of JSON text SQLite's own text.
      if (std::string_view(sqlite3_column_decltype(statement, column)) == "NUMERIC") {
        return RealText(sqlite3_column_double(statement, column));
      }
      [[fallthrough]];
    default:
      return reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  }
}

PostgresServer* SharedPostgres() {
  static const StatusOr<std::unique_ptr<PostgresServer>> kServer = PostgresServer::Start();
  if (!kServer.ok()) {
    ADD_FAILURE() << kServer.status();
    return nullptr;
  }
  return kServer->get();
}

Status CopyTable(const Collection& collection, sqlite3* source, PostgresConnection& target) {
  sqlite3_stmt* statement = nullptr;
  const std::string select = "SELECT * FROM \"" + collection.name + "\" ORDER BY _rowid_";
  if (sqlite3_prepare_v2(source, select.c_str(), -1, &statement, nullptr) != SQLITE_OK)
    return absl::InternalError(sqlite3_errmsg(source));
  std::string insert = "INSERT INTO \"" + collection.name + "\" VALUES (";
  const int count = sqlite3_column_count(statement);
  for (int i = 1; i <= count; ++i) insert += (i > 1 ? ",$" : "$") + std::to_string(i);
  insert += ")";
  Status status;
  while (status.ok() && sqlite3_step(statement) == SQLITE_ROW) {
    std::vector<PostgresConnection::Cell> cells;
    for (int i = 0; i < count; ++i) cells.push_back(ColumnCell(statement, i));
    status = target.Query(insert, cells).status();
  }
  sqlite3_finalize(statement);
  return status;
}
#endif

}  // namespace

SqliteDatabase::SqliteDatabase(const Schema& schema, const std::string& rows) {
  sqlite3_open(":memory:", &db_);
  const std::string script = CreateTablesSql(schema, Sqlite()) + rows;
  char* error = nullptr;
  if (sqlite3_exec(db_, script.c_str(), nullptr, nullptr, &error) != SQLITE_OK)
    ADD_FAILURE() << error;
  sqlite3_free(error);
}

SqliteDatabase::~SqliteDatabase() { sqlite3_close(db_); }

StatusOr<Ids> SqliteDatabase::Run(const Plan& plan, const SqlStatement& statement) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(db_, statement.text.c_str(), -1, &prepared, nullptr) != SQLITE_OK)
    return absl::InternalError(sqlite3_errmsg(db_));
  EXPECT_EQ(sqlite3_bind_parameter_count(prepared), static_cast<int>(statement.params.size()));
  for (std::size_t i = 0; i < statement.params.size(); ++i) {
    BindValue(prepared, static_cast<int>(i) + 1, ParamValue(plan, statement.params[i]));
  }
  Ids ids;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(prepared)) == SQLITE_ROW) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(prepared, 0));
    ids.push_back(text == nullptr ? "NULL" : text);
  }
  sqlite3_finalize(prepared);
  if (step != SQLITE_DONE) return absl::InternalError(sqlite3_errmsg(db_));
  return ids;
}

#if SLUICE_WITH_POSTGRES

std::unique_ptr<PostgresDatabase> PostgresDatabase::Copy(const Schema& schema,
                                                         SqliteDatabase& source) {
  PostgresServer* server = SharedPostgres();
  if (server == nullptr) return nullptr;
  StatusOr<std::unique_ptr<PostgresConnection>> connection = PostgresConnection::Open(*server);
  if (!connection.ok()) {
    ADD_FAILURE() << connection.status();
    return nullptr;
  }
  auto database = std::make_unique<PostgresDatabase>();
  database->connection_ = *std::move(connection);
  // Temporary tables: they are this connection's own.
  Status status = database->connection_->Execute(std::string(PostgresFunctions()));
  if (status.ok()) status = database->connection_->Execute("SET search_path = pg_temp");
  if (status.ok()) {
    std::string script = CreateTablesSql(schema, Postgres());
    for (std::size_t at = 0; (at = script.find("CREATE ", at)) != std::string::npos; at += 12)
      script.insert(at + 7, "TEMP ");
    status = database->connection_->Execute(script);
  }
  for (const auto& collection : schema.collections()) {
    if (status.ok() && !collection->is_view())
      status = CopyTable(*collection, source.handle(), *database->connection_);
  }
  if (!status.ok()) ADD_FAILURE() << status;
  return database;
}

StatusOr<Ids> PostgresDatabase::Run(const Plan& plan, const SqlStatement& statement) {
  std::vector<PostgresConnection::Cell> cells;
  for (const Param& param : statement.params) cells.push_back(ToCell(ParamValue(plan, param)));
  auto rows = connection_->Query(statement.text, cells);
  if (!rows.ok()) return rows.status();
  Ids ids;
  for (const auto& row : *rows) ids.push_back(row[0].value_or("NULL"));
  return ids;
}

#else

std::unique_ptr<PostgresDatabase> PostgresDatabase::Copy(const Schema&, SqliteDatabase&) {
  return nullptr;
}
StatusOr<Ids> PostgresDatabase::Run(const Plan&, const SqlStatement&) {
  return absl::UnimplementedError("PostgreSQL");
}

#endif

}  // namespace sluice
