// Tested by tests/server/cli_advise_test.cc.
#include "tools/server/store/trial_database.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "tools/server/store/backup.h"
#include "tools/server/store/quoted_name.h"

namespace sluice::store {
namespace {

namespace fs = std::filesystem;

// Where nobody has a database open there is no log and no journal beside it, and
// its file is all there is.
bool IsAlone(const std::string& path) {
  std::error_code error;
  return !fs::exists(path + "-wal", error) && !fs::exists(path + "-journal", error);
}

// As a file, without SQLite, which would make files beside it. False where
// somebody opened or changed it meanwhile.
bool CopyFileAlone(const std::string& path, const std::string& target) {
  if (!IsAlone(path)) return false;
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  const auto size = fs::file_size(path, error);
  if (error || !fs::copy_file(path, target, fs::copy_options::overwrite_existing, error))
    return false;
  return IsAlone(path) && fs::last_write_time(path, error) == time &&
         fs::file_size(path, error) == size && !error;
}

Status CheckRoom(const std::string& path, const fs::path& folder) {
  std::error_code error;
  const std::uintmax_t needed = fs::file_size(path, error) / 2 * 3;  // and indexes
  const fs::space_info space = fs::space(folder, error);
  if (error || space.available >= needed) return absl::OkStatus();
  const auto megabytes = [](std::uintmax_t bytes) { return std::to_string(bytes >> 20) + " MiB"; };
  return absl::FailedPreconditionError("a copy of " + path + " needs " + megabytes(needed) +
                                       " in " + folder.string() + ", which has " +
                                       megabytes(space.available) + ": set TMPDIR");
}

// A folder that is removed at the end of the scope, with what is in it.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& parent)
      : name_((parent / "sluice-trial-XXXXXX").string()) {
    if (mkdtemp(name_.data()) == nullptr) name_.clear();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!name_.empty()) fs::remove_all(name_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

// Calls `on_row` with the first three columns as texts.
Status ForEachRow(Connection& connection, const std::string& query,
                  const std::function<Status(const std::array<std::string, 3>&)>& on_row) {
  SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare(query));
  const StatementUse use(statement);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, use->Step());
    if (!more) return absl::OkStatus();
    std::array<std::string, 3> row;
    for (int i = 0; i < std::min(3, use->column_count()); ++i)
      row[static_cast<std::size_t>(i)] = std::string(use->Column(i).text);
    SLUICE_RETURN_IF_ERROR(on_row(row));
  }
}

StatusOr<std::int64_t> NumberOf(Connection& connection, const std::string& query) {
  SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare(query));
  const StatementUse use(statement);
  SLUICE_RETURN_IF_ERROR(use->Step().status());
  return use->Column(0).integer;
}

StatusOr<bool> HasStatistics(Connection& connection) {
  SLUICE_ASSIGN_OR_RETURN(
      const std::int64_t tables,
      NumberOf(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'"));
  return tables > 0;
}

}  // namespace

StatusOr<std::unique_ptr<TrialDatabase>> TrialDatabase::Copy(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return absl::NotFoundError("there is no " + path);
  const fs::path temporary = fs::temp_directory_path(error);
  if (error) return absl::FailedPreconditionError("no folder for temporary files: set TMPDIR");
  SLUICE_RETURN_IF_ERROR(CheckRoom(path, temporary));
  const TemporaryFolder folder(temporary);
  if (folder.name().empty())
    return absl::FailedPreconditionError("cannot make a folder in " + temporary.string());
  const std::string copy = folder.name() + "/copy.db";
  if (!CopyFileAlone(path, copy)) {
    fs::remove(copy, error);
    if (const Status copied = CopyDatabase(path, copy); !copied.ok())
      return absl::FailedPreconditionError(path + ": " + std::string(AsStd(copied.message())));
  }
  ConnectionOptions options;
  options.access = Access::kWrite;
  options.cache_kib = 32 << 10;  // what the server's connections share
  options.mmap_bytes = std::int64_t{256} << 20;
  StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(copy, options);
  if (!connection.ok())
    return absl::FailedPreconditionError("cannot read " + path + ": " +
                                         std::string(AsStd(connection.status().message())));
  // No file beside it and nothing to be kept: the folder may go now, and the
  // system frees the rest when the connection is closed, or the program killed.
  SLUICE_RETURN_IF_ERROR((*connection)->Execute("PRAGMA journal_mode=MEMORY"));
  SLUICE_RETURN_IF_ERROR((*connection)->Execute("PRAGMA synchronous=OFF"));
  std::unique_ptr<TrialDatabase> database(new TrialDatabase(*std::move(connection)));
  SLUICE_ASSIGN_OR_RETURN(database->has_statistics_, HasStatistics(*database->connection_));
  return database;
}

StatusOr<std::unique_ptr<TrialDatabase>> TrialDatabase::WithoutRows(Connection& connection) {
  ConnectionOptions options;
  options.access = Access::kWrite;
  SLUICE_ASSIGN_OR_RETURN(auto memory, Connection::Open(":memory:", options));
  // A definition that fails here (a table of an extension) serves no record.
  SLUICE_RETURN_IF_ERROR(ForEachRow(
      connection,
      "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' "
      "ESCAPE '\\' ORDER BY type = 'view', type = 'index'",
      [&](const auto& row) {
        (void)memory->Execute(row[0]);
        return absl::OkStatus();
      }));
  std::unique_ptr<TrialDatabase> database(new TrialDatabase(std::move(memory)));
  SLUICE_ASSIGN_OR_RETURN(const bool has_statistics, HasStatistics(connection));
  if (!has_statistics) return database;
  Connection& target = database->connection();
  SLUICE_RETURN_IF_ERROR(target.Execute("ANALYZE"));  // makes the tables of statistics
  SLUICE_RETURN_IF_ERROR(
      ForEachRow(connection, "SELECT tbl, ifnull(idx, ''), stat FROM sqlite_stat1",
                 [&](const auto& row) -> Status {
                   SLUICE_ASSIGN_OR_RETURN(
                       Statement * insert,
                       target.Prepare("INSERT INTO sqlite_stat1 VALUES (?1, nullif(?2, ''), ?3)"));
                   const StatementUse use(insert);
                   for (int i = 0; i < 3; ++i)
                     use->Bind(i + 1, ValueView::Text(row[static_cast<std::size_t>(i)]));
                   return use->Step().status();
                 }));
  SLUICE_RETURN_IF_ERROR(target.Execute("ANALYZE sqlite_schema"));  // reads them
  return database;
}

Status TrialDatabase::AddIndex(const std::string& name, const std::string& create) {
  SLUICE_RETURN_IF_ERROR(connection_->Execute(create));
  return has_statistics_ ? connection_->Execute("ANALYZE " + QuotedName(name)) : absl::OkStatus();
}

Status TrialDatabase::DropIndex(const std::string& name) {
  return connection_->Execute("DROP INDEX " + QuotedName(name));
}

StatusOr<std::int64_t> TrialDatabase::Bytes() {
  SLUICE_ASSIGN_OR_RETURN(const std::int64_t pages, Number("PRAGMA page_count"));
  SLUICE_ASSIGN_OR_RETURN(const std::int64_t free, Number("PRAGMA freelist_count"));
  SLUICE_ASSIGN_OR_RETURN(const std::int64_t size, Number("PRAGMA page_size"));
  return (pages - free) * size;
}

StatusOr<std::string> TrialDatabase::AnyId(const std::string& table) {
  const std::string from = " FROM " + QuotedName(table);
  std::string id;
  SLUICE_RETURN_IF_ERROR(ForEachRow(*connection_,
                                    "SELECT id" + from +
                                        " WHERE _rowid_ >= (SELECT max(_rowid_) / 2" + from +
                                        ") ORDER BY _rowid_ LIMIT 1",
                                    [&id](const auto& row) {
                                      id = row[0];
                                      return absl::OkStatus();
                                    }));
  return id;
}

StatusOr<double> TrialDatabase::InsertMicroseconds(const std::string& table) {
  constexpr int kRuns = 3;
  const std::string name = QuotedName(table);
  SLUICE_RETURN_IF_ERROR(connection_->Execute(
      "DROP TABLE IF EXISTS temp.trial_rows; CREATE TEMP TABLE trial_rows AS SELECT * FROM " +
      name + " LIMIT 500"));
  SLUICE_ASSIGN_OR_RETURN(const std::int64_t rows, Number("SELECT count(*) FROM temp.trial_rows"));
  if (rows == 0) return 0.0;
  std::vector<double> times;
  for (int run = 0; run < kRuns; ++run) {
    SLUICE_RETURN_IF_ERROR(connection_->Execute("BEGIN"));
    Status status = connection_->Execute("DELETE FROM " + name +
                                         " WHERE id IN (SELECT id FROM temp.trial_rows)");
    const auto begin = std::chrono::steady_clock::now();
    if (status.ok())
      status = connection_->Execute("INSERT INTO " + name + " SELECT * FROM temp.trial_rows");
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    SLUICE_RETURN_IF_ERROR(connection_->Execute("ROLLBACK"));
    SLUICE_RETURN_IF_ERROR(status);
    times.push_back(took.count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2] / static_cast<double>(rows);
}

StatusOr<std::int64_t> TrialDatabase::Number(const std::string& query) {
  return NumberOf(*connection_, query);
}

}  // namespace sluice::store
