// A database to try indexes on, which is never the folder's own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

// For one thread. Gone at the end, also of a program that is killed.
class TrialDatabase {
 public:
  // All of the database at `path`, as a file of the folder for temporary files. The
  // original is read, no more: where nobody has it open, no file appears beside it.
  // kNotFound where there is none, kFailedPrecondition with a message for a person
  // where it cannot be read or there is no room.
  static StatusOr<std::unique_ptr<TrialDatabase>> Copy(const std::string& path);

  // The tables, indexes, views and statistics of `connection`, without a row, in
  // memory: what SQLite would do with an index, not how long it takes.
  static StatusOr<std::unique_ptr<TrialDatabase>> WithoutRows(Connection& connection);

  TrialDatabase(const TrialDatabase&) = delete;
  TrialDatabase& operator=(const TrialDatabase&) = delete;

  Connection& connection() { return *connection_; }
  // ANALYZE has been run on the original.
  bool has_statistics() const { return has_statistics_; }

  // Makes the index; where there are statistics, those of the index, too.
  Status AddIndex(const std::string& name, const std::string& create);
  Status DropIndex(const std::string& name);

  // What the tables and indexes take.
  StatusOr<std::int64_t> Bytes();

  // The id of a row from the middle of the table; empty where there is none.
  StatusOr<std::string> AnyId(const std::string& table);

  // How long the insert of a row takes, by up to 500 rows that are there; they are
  // afterwards as before. 0 for an empty table.
  StatusOr<double> InsertMicroseconds(const std::string& table);

 private:
  explicit TrialDatabase(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}
  StatusOr<std::int64_t> Number(const std::string& query);

  std::unique_ptr<Connection> connection_;
  bool has_statistics_ = false;
};

}  // namespace sluice::store
