// Tested by tests/server/backups_test.cc.
#include "tools/server/backups/local_backup_store.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include "tools/server/files/attrs.h"

namespace sluice::backups {
namespace {

namespace fs = std::filesystem;

Status Missing() { return absl::NotFoundError("blob not found"); }

void WriteSidecar(const std::string& path, std::string_view key) {
  files::Attrs attrs;
  attrs.content_type = "application/zip";
  attrs.original_name = std::string(key);
  std::ofstream(path + std::string(files::kAttrsEnding), std::ios::binary) << AttrsText(attrs);
}

}  // namespace

bool IsBackupKey(std::string_view key) {
  return !key.empty() && key.size() <= 255 && key.front() != '.' &&
         key.find('/') == std::string_view::npos && key.find('\0') == std::string_view::npos &&
         !key.ends_with(files::kAttrsEnding);
}

std::string LocalBackupStore::PathOf(std::string_view key) const {
  return folder_ + "/backups/" + std::string(key);
}

bool LocalBackupStore::IsThere(std::string_view key) const {
  std::error_code error;
  return IsBackupKey(key) && fs::is_regular_file(fs::symlink_status(PathOf(key), error));
}

StatusOr<bool> LocalBackupStore::Has(std::string_view key) const { return IsThere(key); }

Status LocalBackupStore::MakeFolder() const {
  std::error_code error;
  fs::create_directories(folder_ + "/backups", error);
  return error ? absl::InternalError("cannot make a folder: " + error.message()) : absl::OkStatus();
}

StatusOr<std::vector<BackupInfo>> LocalBackupStore::List() const {
  std::vector<BackupInfo> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ + "/backups", error)) {
    BackupInfo info;
    info.key = entry.path().filename().string();
    if (info.key.ends_with(".tmp") || !IsThere(info.key)) continue;
    std::error_code gone;
    info.size = entry.file_size(gone);
    const auto time = std::chrono::file_clock::to_sys(entry.last_write_time(gone));
    if (gone) continue;
    info.modified_millis =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    found.push_back(std::move(info));
  }
  std::sort(found.begin(), found.end(),
            [](const BackupInfo& a, const BackupInfo& b) { return a.key < b.key; });
  return found;
}

StatusOr<BackupContent> LocalBackupStore::Open(std::string_view key) const {
  if (!IsThere(key)) return Missing();
  BackupContent backup;
  SLUICE_ASSIGN_OR_RETURN(backup.content, http::FileContent::Open(PathOf(key)));
  struct stat facts {};
  if (::fstat(backup.content.descriptor(), &facts) != 0) return http::SystemFailure("stat");
  backup.modified_seconds = facts.st_mtim.tv_sec;
  return backup;
}

StatusOr<http::FileContent> LocalBackupStore::Fetch(std::string_view key) const {
  SLUICE_ASSIGN_OR_RETURN(BackupContent backup, Open(key));
  return std::move(backup.content);
}

Status LocalBackupStore::Put(std::string_view key, const http::FileContent& content) const {
  SLUICE_RETURN_IF_ERROR(MakeFolder());
  std::error_code ignored;
  const std::string unfinished = PathOf(key) + ".tmp";
  fs::remove(unfinished, ignored);
  SLUICE_RETURN_IF_ERROR(content.CopyTo(unfinished));
  return Take(key, unfinished);
}

Status LocalBackupStore::Take(std::string_view key, const std::string& path) const {
  SLUICE_RETURN_IF_ERROR(MakeFolder());
  WriteSidecar(PathOf(key), key);
  std::error_code error;
  fs::rename(path, PathOf(key), error);
  return error ? absl::InternalError("cannot store the backup: " + error.message())
               : absl::OkStatus();
}

Status LocalBackupStore::Remove(std::string_view key) const {
  std::error_code error;
  if (!IsThere(key) || !fs::remove(PathOf(key), error)) return Missing();
  fs::remove(PathOf(key) + std::string(files::kAttrsEnding), error);
  return absl::OkStatus();
}

}  // namespace sluice::backups
