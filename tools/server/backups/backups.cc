// Tested by tests/server/backups_test.cc.
#include "tools/server/backups/backups.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>

#include "tools/server/backups/local_backup_store.h"
#include "tools/server/backups/zip.h"
#include "tools/server/http/api_error.h"
#include "tools/server/store/backup.h"
#include "tools/server/store/schema_catalog.h"
#include "tools/server/threads/guard.h"

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
    : folder_(std::move(folder)),
      options_(std::move(options)),
      local_(std::make_shared<const LocalBackupStore>(folder_)) {
  std::error_code ignored;
  fs::remove_all(fs::path(folder_) / kTemp, ignored);
  thread_ = std::thread([this] { threads::RunLasting([this] { Loop(); }); });
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

bool Backups::IsCreatable(std::string_view key) {
  if (!key.ends_with(".zip") || key.size() <= 4) return false;
  key.remove_suffix(4);
  return std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

BackupStorePtr Backups::Store() const {
  BackupStorePtr other = options_.store ? options_.store() : nullptr;
  return other ? other : local_;
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
    const Status status = threads::Guarded([&] { return Make(key); });
    busy_ = false;
    (*told)(status);
  });
  if (!begun) (*told)(Busy());
}

Status Backups::Make(const std::string& key) {
  if (stopping_) return absl::AbortedError("the server is being stopped");
  const fs::path temp = fs::path(folder_) / kTemp / "backup";
  std::error_code error;
  fs::create_directories(temp, error);
  if (error) return absl::InternalError("cannot make a folder: " + error.message());
  const std::string unfinished = (temp / "unfinished.zip").string();
  Status status = WriteZip(unfinished);
  if (status.ok()) status = Store()->Take(key, unfinished);
  fs::remove_all(temp, error);
  return status;
}

// Copies of the databases first, then the files: what a row of the copy names
// has been stored before it.
Status Backups::WriteZip(const std::string& path) {
  const fs::path temp = fs::path(path).parent_path();
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<ZipWriter> zip, ZipWriter::Create(path));
  for (const char* database : {"data.db", "auxiliary.db"}) {
    const std::string original = folder_ + "/" + database;
    if (!fs::exists(original)) continue;
    const std::string copy = (temp / database).string();
    SLUICE_RETURN_IF_ERROR(store::CopyDatabase(original, copy));
    SLUICE_RETURN_IF_ERROR(zip->AddFile(database, copy));
  }
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    std::error_code ignored;
    if (IsLeftOut(name) || IsDatabase(name) || IsBesideDatabase(name) || entry.is_symlink(ignored))
      continue;
    if (entry.is_directory(ignored)) {
      SLUICE_RETURN_IF_ERROR(zip->AddFolder(name));
      SLUICE_RETURN_IF_ERROR(AddTree(*zip, folder_, entry.path(), stopping_));
    } else {
      SLUICE_RETURN_IF_ERROR(zip->AddFile(name, entry.path().string()));
    }
  }
  return zip->Finish();
}

Status Backups::Prune(std::string_view prefix, std::size_t keep) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<BackupInfo> found, List());
  std::erase_if(found, [&](const BackupInfo& info) { return !info.key.starts_with(prefix); });
  std::sort(found.begin(), found.end(), [](const BackupInfo& a, const BackupInfo& b) {
    return a.modified_millis > b.modified_millis;
  });
  Status status;
  for (std::size_t i = keep; i < found.size(); ++i) status.Update(Remove(found[i].key));
  return status;
}

Status Backups::Restore(std::string_view key, Done done) {
  SLUICE_ASSIGN_OR_RETURN(const bool there, Has(key));
  if (!there)
    return http::MakeStatus({.status = 400, .message = "Missing or invalid backup file."});
  const bool begun = Begin([this, name = std::string(key), done = std::move(done)] {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, options_.restore_delay, [this] { return stopping_.load(); });
    }
    if (stopping_) return;
    const Status status = threads::Guarded([&] { return Unpack(name); });
    threads::Try([&] { done(status); });
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
  const StatusOr<http::FileContent> zip = Store()->Fetch(key);
  Status status = zip.ok() ? Unzip(zip->descriptor(), target.string()) : zip.status();
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
