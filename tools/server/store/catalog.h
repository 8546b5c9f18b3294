// The current Snapshot, and the watch for changes by other processes (S-18).
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "tools/server/store/connection.h"
#include "tools/server/store/schema_catalog.h"
#include "tools/server/store/snapshot.h"

namespace sluice::store {

// Keeps a snapshot and replaces it when `_collections` or the settings change:
// at once when another process says so in `.notify/`, else within a second. So
// it does, without a word, when the tables' statistics do.
class Catalog {
 public:
  using OnReload = std::function<void(const Status&)>;  // after each attempt that changed something

  // Loads the first snapshot. `folder` is the data folder; all snapshots have
  // these options. Every `look_every` it looks for what nobody announced.
  static StatusOr<std::unique_ptr<Catalog>> Open(
      const std::string& folder, OnReload on_reload, SettingsOpener opener = nullptr,
      const SnapshotOptions& options = {},
      std::chrono::milliseconds look_every = std::chrono::seconds(1));
  ~Catalog();

  std::shared_ptr<const Snapshot> current() const;

  // Loads now what this process has just committed. On failure the old
  // snapshot stays. From any thread; waits for a reload that is under way.
  Status Reload();

  // Makes the current snapshot as new as what `connection` sees, if its tables
  // are of another form than `seen` knows: a change that was committed and is
  // not published yet, or one of another process. True when there is a newer
  // snapshot than `seen`: what failed with that one may be tried again.
  bool CatchUp(const Snapshot& seen, Connection& connection);

 private:
  Catalog() = default;
  void Watch();
  void ReloadIfChanged();
  Status ReloadLocked();

  std::string folder_;
  OnReload on_reload_;
  SettingsOpener opener_;
  SnapshotOptions options_;
  std::chrono::milliseconds look_every_{};
  std::mutex reload_mutex_;  // guards the next three
  std::unique_ptr<Connection> connection_;
  std::string fingerprint_;
  std::int64_t data_version_ = -1;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> current_;  // guarded by mutex_
  int notify_ = -1;
  int stop_event_ = -1;
  std::thread thread_;
};

// Tells other processes on `folder` that `what` ("collections", "settings")
// changed (S-18). Call it after the commit.
void AnnounceChange(const std::string& folder, std::string_view what);

}  // namespace sluice::store
