// A PostgreSQL server of a test's own: a new cluster in a temporary folder,
// reachable by a Unix socket there and nowhere else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "sluice/status.h"

struct pg_conn;

namespace sluice {

// Starts on construction, stops and removes its folder on destruction. Under
// root the server runs as the user `postgres`.
class PostgresServer {
 public:
  static StatusOr<std::unique_ptr<PostgresServer>> Start();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  const std::string& folder() const { return folder_; }

 private:
  PostgresServer() = default;
  std::string folder_;
  pid_t pid_ = -1;
};

// One connection. Values travel as text; an empty cell is NULL.
class PostgresConnection {
 public:
  using Cell = std::optional<std::string>;

  static StatusOr<std::unique_ptr<PostgresConnection>> Open(const PostgresServer& server);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // A script of several statements.
  Status Execute(const std::string& sql);
  // Prepares the statement, then executes it.
  StatusOr<std::vector<std::vector<Cell>>> Query(const std::string& sql,
                                                 const std::vector<Cell>& parameters);

 private:
  explicit PostgresConnection(pg_conn* connection) : connection_(connection) {}
  pg_conn* connection_;
};

}  // namespace sluice
