// Tested by tests/server/backups_test.cc.
#include "tools/server/backups/backups.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "tools/server/backups/zip.h"
#include "tools/server/files/attrs.h"
#include "tools/server/http/api_error.h"
#include "tools/server/store/backup.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::backups {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemp = ".pb_temp_to_delete";
constexpr std::string_view kUnpacked = ".pb_temp_to_delete/restore";
constexpr std::size_t kAppNameMax = 50;

// What neither is backed up nor replaced (S-97).
bool IsLeftOut(std::string_view name) {
  for (const std::string_view left :
       {"backups", ".pb_temp_to_delete", ".notify", ".autocert_cache", "lost+found"}) {
    if (name == left) return true;
  }
  return false;
}

// Databases that are in use, and what belongs to them.
bool IsDatabase(std::string_view name) { return name == "data.db" || name == "auxiliary.db"; }
bool IsBesideDatabase(std::string_view name) {
  for (const std::string_view database : {"data.db", "auxiliary.db"}) {
    if (name.starts_with(database) && name.size() > database.size() && name[database.size()] == '-')
      return true;
  }
  return false;
}

Status Busy() {
  return http::MakeStatus(
      {.status = 400,
       .message = "Try again later - another backup/restore process has already been started."});
}

void WriteSidecar(const std::string& path, std::string_view key) {
  files::Attrs attrs;
  attrs.content_type = "application/zip";
  attrs.original_name = std::string(key);
  std::ofstream(path + std::string(files::kAttrsEnding), std::ios::binary) << AttrsText(attrs);
}

Status AddTree(ZipWriter& zip, const fs::path& root, const fs::path& folder,
               const std::atomic<bool>& stopping) {
  std::error_code error;
  // Folders are walked with a stack, not by recursion. What goes away meanwhile
  // is left out.
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (stopping) return absl::AbortedError("the server is being stopped");
    const std::string name = at->path().lexically_relative(root).generic_string();
    std::error_code ignored;
    if (at->is_symlink(ignored)) continue;
    if (at->is_directory(ignored)) {
      SLUICE_RETURN_IF_ERROR(zip.AddFolder(name));
    } else {
      SLUICE_RETURN_IF_ERROR(zip.AddFile(name, at->path().string()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

Backups::Backups(std::string folder, BackupOptions options)
    : folder_(std::move(folder)), options_(std::move(options)) {
  std::error_code ignored;
  fs::remove_all(fs::path(folder_) / kTemp, ignored);
  thread_ = std::thread([this] { Loop(); });
}

Backups::~Backups() {
  Stop();
  thread_.join();
}

void Backups::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

bool Backups::IsKey(std::string_view key) {
  return !key.empty() && key.size() <= 255 && key.front() != '.' &&
         key.find('/') == std::string_view::npos && key.find('\0') == std::string_view::npos &&
         !key.ends_with(files::kAttrsEnding);
}

bool Backups::IsCreatable(std::string_view key) {
  if (!key.ends_with(".zip") || key.size() <= 4) return false;
  key.remove_suffix(4);
  return std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string Backups::PathOf(std::string_view key) const {
  return folder_ + "/backups/" + std::string(key);
}

bool Backups::Has(std::string_view key) const {
  std::error_code error;
  return IsKey(key) && fs::is_regular_file(fs::symlink_status(PathOf(key), error));
}

std::vector<BackupInfo> Backups::List() const {
  std::vector<BackupInfo> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ + "/backups", error)) {
    BackupInfo info;
    info.key = entry.path().filename().string();
    if (!IsKey(info.key) || info.key.ends_with(".tmp") || !Has(info.key)) continue;
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

bool Backups::Begin(std::function<void()> work) {
  if (busy_.exchange(true)) return false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;  // and stays busy
    work_ = std::move(work);
  }
  changed_.notify_all();
  return true;
}

void Backups::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_.load() || work_ != nullptr; });
    // Work that was accepted runs, to tell that it was given up.
    if (work_ == nullptr) return;
    const auto work = std::exchange(work_, nullptr);
    lock.unlock();
    work();
    lock.lock();
  }
}

void Backups::Create(std::string key, Done done) {
  auto told = std::make_shared<Done>(std::move(done));
  const bool begun = Begin([this, key = std::move(key), told] {
    const Status status = Make(key);
    busy_ = false;
    (*told)(status);
  });
  if (!begun) (*told)(Busy());
}

// Copies of the databases first, then the files: what a row of the copy names
// has been stored before it.
Status Backups::Make(const std::string& key) {
  if (stopping_) return absl::AbortedError("the server is being stopped");
  const fs::path temp = fs::path(folder_) / kTemp / "backup";
  std::error_code error;
  fs::create_directories(temp, error);
  fs::create_directories(folder_ + "/backups", error);
  if (error) return absl::InternalError("cannot make a folder: " + error.message());
  const std::string unfinished = (temp / key).string() + ".tmp";
  const auto write = [&]() -> Status {
    SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<ZipWriter> zip, ZipWriter::Create(unfinished));
    for (const char* database : {"data.db", "auxiliary.db"}) {
      const std::string path = folder_ + "/" + database;
      if (!fs::exists(path)) continue;
      const std::string copy = (temp / database).string();
      SLUICE_RETURN_IF_ERROR(store::CopyDatabase(path, copy));
      SLUICE_RETURN_IF_ERROR(zip->AddFile(database, copy));
    }
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      std::error_code ignored;
      if (IsLeftOut(name) || IsDatabase(name) || IsBesideDatabase(name) ||
          entry.is_symlink(ignored))
        continue;
      if (entry.is_directory(ignored)) {
        SLUICE_RETURN_IF_ERROR(zip->AddFolder(name));
        SLUICE_RETURN_IF_ERROR(AddTree(*zip, folder_, entry.path(), stopping_));
      } else {
        SLUICE_RETURN_IF_ERROR(zip->AddFile(name, entry.path().string()));
      }
    }
    return zip->Finish();
  };
  Status status = write();
  if (status.ok()) {
    WriteSidecar(PathOf(key), key);
    fs::rename(unfinished, PathOf(key), error);
    if (error) status = absl::InternalError("cannot move the backup: " + error.message());
  }
  fs::remove_all(temp, error);
  return status;
}

Status Backups::Upload(std::string key, const http::FileContent& content) {
  std::error_code error;
  fs::create_directories(folder_ + "/backups", error);
  const std::string unfinished = PathOf(key) + ".tmp";
  fs::remove(unfinished, error);
  SLUICE_RETURN_IF_ERROR(content.CopyTo(unfinished));
  WriteSidecar(PathOf(key), key);
  fs::rename(unfinished, PathOf(key), error);
  return error ? absl::InternalError("cannot store the backup: " + error.message())
               : absl::OkStatus();
}

Status Backups::Remove(std::string_view key) {
  std::error_code error;
  if (!Has(key)) return absl::NotFoundError("blob not found");
  if (!fs::remove(PathOf(key), error)) return absl::NotFoundError("blob not found");
  fs::remove(PathOf(key) + std::string(files::kAttrsEnding), error);
  return absl::OkStatus();
}

void Backups::Prune(std::string_view prefix, std::size_t keep) {
  std::vector<BackupInfo> found;
  for (BackupInfo& info : List()) {
    if (info.key.starts_with(prefix)) found.push_back(std::move(info));
  }
  std::sort(found.begin(), found.end(), [](const BackupInfo& a, const BackupInfo& b) {
    return a.modified_millis > b.modified_millis;
  });
  for (std::size_t i = keep; i < found.size(); ++i) (void)Remove(found[i].key);
}

Status Backups::Restore(std::string_view key, Done done) {
  if (!Has(key))
    return http::MakeStatus({.status = 400, .message = "Missing or invalid backup file."});
  const bool begun = Begin([this, name = std::string(key), done = std::move(done)] {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, options_.restore_delay, [this] { return stopping_.load(); });
    }
    if (stopping_) return;
    const Status status = Unpack(name);
    done(status);
    // On success nothing else may begin: the folder is about to change.
    if (!status.ok()) {
      busy_ = false;
    } else if (options_.on_restore) {
      options_.on_restore();
    }
  });
  return begun ? absl::OkStatus() : Busy();
}

Status Backups::Unpack(const std::string& key) {
  const fs::path target = fs::path(folder_) / kUnpacked;
  std::error_code error;
  fs::remove_all(target, error);
  fs::create_directories(target, error);
  if (error) return absl::InternalError("cannot make a folder: " + error.message());
  Status status = Unzip(PathOf(key), target.string());
  if (status.ok()) {
    const auto connection = store::Connection::Open((target / "data.db").string(), {});
    status =
        connection.ok() ? store::CatalogFingerprint(**connection).status() : connection.status();
  }
  if (!status.ok()) fs::remove_all(target, error);
  return status;
}

std::string DefaultKey(std::string_view prefix, std::string_view app_name,
                       std::int64_t now_millis) {
  std::string name;
  for (const char c : app_name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (upper || plain) {
      name += upper ? static_cast<char>(c + 32) : c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  name.resize(std::min(name.size(), kAppNameMax));
  while (!name.empty() && name.back() == '_') name.pop_back();
  const std::time_t seconds = now_millis / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 16> date{};
  std::strftime(date.data(), date.size(), "%Y%m%d%H%M%S", &parts);
  return std::string(prefix) + name + "_" + date.data() + ".zip";
}

Status SwapIn(const std::string& folder) {
  const fs::path root = folder;
  const fs::path unpacked = root / kUnpacked;
  const fs::path old = root / kTemp / "old";
  std::error_code error;
  if (!fs::exists(unpacked / "data.db", error)) return absl::NotFoundError("nothing to restore");
  fs::create_directories(old, error);
  const auto move_all = [&error](const fs::path& from, const fs::path& to) {
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(from, error)) entries.push_back(entry.path());
    for (const fs::path& entry : entries) {
      if (error) return;
      if (!IsLeftOut(entry.filename().string())) fs::rename(entry, to / entry.filename(), error);
    }
  };
  move_all(root, old);
  if (!error) move_all(unpacked, root);
  if (error) {
    // Back to what was.
    const std::string text = error.message();
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(old, ignored))
      fs::rename(entry.path(), root / entry.path().filename(), ignored);
    return absl::InternalError("cannot swap the folders: " + text);
  }
  fs::remove_all(root / kTemp, error);
  return absl::OkStatus();
}

}  // namespace sluice::backups
