// Tested by tests/server/folder_test.cc.
#include "tools/server/folder/make_folder.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <memory>
#include <unistd.h>
#include <vector>

#include "tools/server/auth/random_text.h"
#include "tools/server/folder/default_rows.h"
#include "tools/server/settings/settings_json.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/system_tables.h"

namespace sluice::folder {
namespace {

namespace fs = std::filesystem;

Status SystemFailure(const std::string& what) {
  return absl::FailedPreconditionError(what + ": " + std::strerror(errno));
}

// What a folder without data.db may hold: what the peer puts there and can make
// anew, or cares nothing for.
bool MayStandThere(const std::string& name) {
  constexpr std::array<std::string_view, 9> kNames = {
      "storage",    "backups",    "auxiliary.db", "auxiliary.db-wal", "auxiliary.db-shm",
      "types.d.ts", "lost+found", "pb_hooks",     "pb_migrations"};
  if (name.starts_with('.')) return true;
  for (const std::string_view known : kNames) {
    if (name == known) return true;
  }
  return false;
}

constexpr char kTemporary[] = ".db.new-";

// What a killed process left. A fresh one may be of a process at work.
void RemoveIfOld(const fs::directory_entry& entry) {
  std::error_code error;
  const auto age = fs::file_time_type::clock::now() - entry.last_write_time(error);
  if (!error && age > std::chrono::minutes(1)) fs::remove(entry.path(), error);
}

Status CheckPlace(const std::string& path) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (name.find(kTemporary) != std::string::npos) {
      RemoveIfOld(entry);
      continue;
    }
    if (name.starts_with("data.db-")) {
      return absl::FailedPreconditionError(
          path + " holds " + name +
          " but no data.db: something took the database away; put it back");
    }
    if (!MayStandThere(name)) {
      return absl::FailedPreconditionError(
          path + " holds " + name +
          " and no data.db: it is no data folder; name an empty or a new one with --dir");
    }
  }
  return error ? absl::FailedPreconditionError(path + ": " + error.message()) : absl::OkStatus();
}

// A database under a name of its own; removed with everything beside it when it
// is not renamed.
class NewDatabase {
 public:
  explicit NewDatabase(std::string path)
      : path_(std::move(path)),
        temporary_(path_ + ".new-" + auth::RandomText(10, auth::kIdAlphabet)) {}
  ~NewDatabase() {
    for (const char* end : {"", "-wal", "-shm", "-journal"}) unlink((temporary_ + end).c_str());
  }
  NewDatabase(const NewDatabase&) = delete;
  NewDatabase& operator=(const NewDatabase&) = delete;

  // Fills it in one transaction, and leaves it complete on the disk.
  Status Fill(const std::function<Status(store::Connection&)>& fill) {
    // An empty file is an empty database.
    const int file = open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (file < 0) return SystemFailure("cannot make " + temporary_);
    close(file);
    store::ConnectionOptions options;
    options.access = store::Access::kWrite;
    SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<store::Connection> connection,
                            store::Connection::Open(temporary_, options));
    SLUICE_RETURN_IF_ERROR(connection->Execute("BEGIN IMMEDIATE"));
    SLUICE_RETURN_IF_ERROR(fill(*connection));
    SLUICE_RETURN_IF_ERROR(connection->Execute("COMMIT"));
    // Closing writes the log into the file and removes it.
    connection.reset();
    return Sync(temporary_, O_RDONLY);
  }

  // Gives it its name. A database that has it stays: false then.
  StatusOr<bool> Publish() {
    if (link(temporary_.c_str(), path_.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    // Some file systems have no links.
    std::error_code error;
    if (fs::exists(path_, error)) return false;
    if (rename(temporary_.c_str(), path_.c_str()) == 0) return true;
    return SystemFailure("cannot make " + path_);
  }

  static Status Sync(const std::string& path, int flags) {
    const int file = open(path.c_str(), flags | O_CLOEXEC);
    if (file < 0) return SystemFailure("cannot open " + path);
    const bool synced = fsync(file) == 0;
    close(file);
    return synced ? absl::OkStatus() : SystemFailure("cannot write " + path);
  }

 private:
  std::string path_;
  std::string temporary_;
};

Status FillData(store::Connection& connection, const settings::SealKey& key) {
  const auto time = std::chrono::system_clock::now();
  const std::string now = store::StoredTime(time);
  SLUICE_RETURN_IF_ERROR(store::CreateSystemTables(connection));
  for (const DefaultCollection& collection : DefaultCollections(now)) {
    for (const std::string& statement : collection.statements)
      SLUICE_RETURN_IF_ERROR(connection.Execute(statement));
    SLUICE_RETURN_IF_ERROR(store::InsertCollection(connection, collection.row));
  }
  std::int64_t micros =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  for (const std::string& file : SystemMigrations())
    SLUICE_RETURN_IF_ERROR(store::InsertMigration(connection, {file, micros++}));
  store::SettingsRow row{settings::ToStoredJson(store::Settings()), !key.empty(), now};
  if (row.encrypted) {
    SLUICE_ASSIGN_OR_RETURN(row.value, settings::Seal(row.value, key));
  }
  return store::WriteSettingsRow(connection, row);
}

}  // namespace

StatusOr<bool> EnsureFolder(const std::string& path, const settings::SealKey& key) {
  std::error_code error;
  if (fs::exists(path + "/data.db", error)) return false;
  if (fs::exists(path, error) && !fs::is_directory(path, error))
    return absl::FailedPreconditionError(path + " is no folder");
  fs::create_directories(path, error);
  if (error)
    return absl::FailedPreconditionError("cannot make the folder " + path + ": " + error.message());
  SLUICE_RETURN_IF_ERROR(CheckPlace(path));

  NewDatabase logs(path + "/auxiliary.db");
  NewDatabase data(path + "/data.db");
  SLUICE_RETURN_IF_ERROR(logs.Fill(&store::CreateLogsTable));
  SLUICE_RETURN_IF_ERROR(
      data.Fill([&key](store::Connection& connection) { return FillData(connection, key); }));
  SLUICE_RETURN_IF_ERROR(logs.Publish().status());
  SLUICE_ASSIGN_OR_RETURN(const bool made, data.Publish());
  SLUICE_RETURN_IF_ERROR(NewDatabase::Sync(path, O_RDONLY | O_DIRECTORY));
  return made;
}

}  // namespace sluice::folder
