// The databases that statements of these tests run on, with the same rows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/plan.h"
#include "sluice/sql.h"
#include "tests/support/postgres_server.h"

struct sqlite3;

namespace sluice {

using Ids = std::vector<std::string>;

class SqliteDatabase {
 public:
  SqliteDatabase(const Schema& schema, const std::string& rows);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  // The first column of the rows.
  StatusOr<Ids> Run(const Plan& plan, const SqlStatement& statement);
  sqlite3* handle() { return db_; }

 private:
  sqlite3* db_ = nullptr;
};

class PostgresDatabase {
 public:
  // Nothing where the tests were configured without PostgreSQL. `source` gives
  // the rows. All databases of a program live on one server, in temporary
  // tables of a connection; the server stops when the program ends.
  static std::unique_ptr<PostgresDatabase> Copy(const Schema& schema, SqliteDatabase& source);

  StatusOr<Ids> Run(const Plan& plan, const SqlStatement& statement);
#if SLUICE_WITH_POSTGRES
 private:
  std::unique_ptr<PostgresConnection> connection_;
#endif
};

}  // namespace sluice
