// Tested by tests/server/backups_test.cc.
#include "tools/server/store/backup.h"

#include <filesystem>
#include <memory>

#include "sqlite3.h"

namespace sluice::store {
namespace {

struct Close {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, Close>;

Status Open(const std::string& path, int flags, Handle& handle) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  handle.reset(raw);
  if (code != SQLITE_OK)
    return absl::FailedPreconditionError("cannot open " + path + ": " + sqlite3_errstr(code));
  sqlite3_busy_timeout(raw, 10000);
  return absl::OkStatus();
}

}  // namespace

Status CopyDatabase(const std::string& path, const std::string& target) {
  Handle from;
  Handle to;
  SLUICE_RETURN_IF_ERROR(Open(path, SQLITE_OPEN_READONLY, from));
  SLUICE_RETURN_IF_ERROR(Open(target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, to));
  sqlite3_backup* backup = sqlite3_backup_init(to.get(), "main", from.get(), "main");
  if (backup == nullptr)
    return absl::FailedPreconditionError(std::string("cannot copy: ") + sqlite3_errmsg(to.get()));
  // In one step: one read transaction, so one state, and no restart when
  // somebody writes.
  const int step = sqlite3_backup_step(backup, -1);
  const int end = sqlite3_backup_finish(backup);
  if (step != SQLITE_DONE || end != SQLITE_OK) {
    std::error_code ignored;
    std::filesystem::remove(target, ignored);
    return absl::FailedPreconditionError(std::string("cannot copy: ") +
                                         sqlite3_errstr(step != SQLITE_DONE ? step : end));
  }
  return absl::OkStatus();
}

}  // namespace sluice::store
