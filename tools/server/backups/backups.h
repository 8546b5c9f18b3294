// Zip files of a data folder: made, kept and restored (S-97).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sluice/status.h"
#include "tools/server/backups/backup_store.h"
#include "tools/server/http/file_content.h"

namespace sluice::backups {

struct BackupOptions {
  // Told, on the thread of backups, once a backup was unpacked and looks good:
  // the process is to stop serving, call SwapIn and start anew (S-97).
  std::function<void()> on_restore;
  std::chrono::milliseconds restore_delay{1000};
  // Where backups are kept now, asked by every call; none, or null: in the folder
  // itself.
  std::function<BackupStorePtr()> store;
};

// All methods are safe from any thread. Where backups are on another machine
// List, Has, Open, Upload, Remove, Restore and Prune wait for it. Long work runs on a thread of its
// own, one piece at a time; failures are statuses for the one who asked.
class Backups {
 public:
  using Done = std::function<void(const Status&)>;

  // Removes what a killed process left in `.pb_temp_to_delete` (S-1).
  Backups(std::string folder, BackupOptions options);
  ~Backups();
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;

  // Gives up the work under way; it is told so, and what comes later as well.
  void Stop();

  // Whether they are on another machine now.
  bool is_remote() const { return Store()->is_remote(); }

  // By name.
  StatusOr<std::vector<BackupInfo>> List() const { return Store()->List(); }
  // Whether a file of that name is there.
  StatusOr<bool> Has(std::string_view key) const { return Store()->Has(key); }
  // To be sent.
  StatusOr<BackupContent> Open(std::string_view key) const { return Store()->Open(key); }

  // Backs the folder up, while writes go on. `done` is told on another thread,
  // or at once when a backup or restore is under way.
  void Create(std::string key, Done done);
  // Stores an uploaded file.
  Status Upload(std::string_view key, const http::FileContent& content) {
    return Store()->Put(key, content);
  }
  Status Remove(std::string_view key) { return Store()->Remove(key); }
  // OK: the restore will begin; what goes wrong later goes to `done`.
  Status Restore(std::string_view key, Done done);
  // Keeps the newest of those whose names begin so.
  Status Prune(std::string_view prefix, std::size_t keep);

  bool busy() const { return busy_.load(); }

  // `^[a-z0-9_-]+\.zip$`, of those that are made here.
  static bool IsCreatable(std::string_view key);

 private:
  BackupStorePtr Store() const;
  bool Begin(std::function<void()> work);
  void Loop();
  Status Make(const std::string& key);
  Status WriteZip(const std::string& path);
  Status Unpack(const std::string& key);

  const std::string folder_;
  const BackupOptions options_;
  const BackupStorePtr local_;
  std::atomic<bool> busy_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> work_;
  std::atomic<bool> stopping_{false};  // set under mutex_
  std::thread thread_;
};

// `pb_backup_acme_20261121184605.zip` of `Acme`.
std::string DefaultKey(std::string_view prefix, std::string_view app_name, std::int64_t now_millis);

// Puts what Restore unpacked in the place of the folder's content. Nothing may
// have the databases open.
Status SwapIn(const std::string& folder);

}  // namespace sluice::backups
