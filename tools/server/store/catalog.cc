// Tested by tests/server/catalog_test.cc.
#include "tools/server/store/catalog.h"

#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <random>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "tools/server/store/statistics_table.h"
#include "tools/server/threads/guard.h"

namespace sluice::store {
namespace {

// A process that announces a change touches files; several arrive together.
constexpr int kDebounceMillis = 50;

}  // namespace

StatusOr<std::unique_ptr<Catalog>> Catalog::Open(const std::string& folder, OnReload on_reload,
                                                 SettingsOpener opener,
                                                 const SnapshotOptions& options,
                                                 std::chrono::milliseconds look_every) {
  std::unique_ptr<Catalog> catalog(new Catalog);
  catalog->folder_ = folder;
  catalog->on_reload_ = std::move(on_reload);
  catalog->opener_ = std::move(opener);
  catalog->options_ = options;
  catalog->look_every_ = look_every;
  ConnectionOptions small;
  small.cache_kib = 512;
  SLUICE_ASSIGN_OR_RETURN(catalog->connection_, Connection::Open(folder + "/data.db", small));
  // Read before the rows: a change between them is then seen by the watch.
  // What is wrong with a folder, LoadSnapshot says better.
  catalog->data_version_ = catalog->connection_->DataVersion().value_or(-1);
  StatusOr<std::string> fingerprint = CatalogFingerprint(*catalog->connection_);
  SLUICE_ASSIGN_OR_RETURN(catalog->current_,
                          LoadSnapshot(*catalog->connection_, catalog->opener_, options));
  SLUICE_RETURN_IF_ERROR(fingerprint.status());
  catalog->fingerprint_ = *std::move(fingerprint);
  catalog->stop_event_ = eventfd(0, EFD_CLOEXEC);
  catalog->notify_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  std::error_code ignored;
  std::filesystem::create_directory(folder + "/.notify", ignored);
  if (catalog->notify_ >= 0)
    inotify_add_watch(catalog->notify_, (folder + "/.notify").c_str(), IN_CREATE | IN_CLOSE_WRITE);
  catalog->thread_ =
      std::thread([raw = catalog.get()] { threads::RunLasting([&] { raw->Watch(); }); });
  return catalog;
}

Catalog::~Catalog() {
  const std::uint64_t one = 1;
  if (stop_event_ >= 0 && write(stop_event_, &one, sizeof one) == sizeof one && thread_.joinable())
    thread_.join();
  if (notify_ >= 0) close(notify_);
  if (stop_event_ >= 0) close(stop_event_);
}

std::shared_ptr<const Snapshot> Catalog::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void Catalog::Watch() {
  while (true) {
    pollfd events[2] = {{stop_event_, POLLIN, 0}, {notify_, POLLIN, 0}};
    // A writer that announces nothing is seen by SQLite's own counter.
    const int ready = poll(events, notify_ >= 0 ? 2 : 1, static_cast<int>(look_every_.count()));
    if (events[0].revents != 0) return;
    if (ready > 0) {
      if (poll(events, 1, kDebounceMillis) > 0) return;
      char drained[4096];
      while (read(notify_, drained, sizeof drained) > 0) {
      }
    }
    ReloadIfChanged();
  }
}

void Catalog::ReloadIfChanged() {
  const std::lock_guard reload(reload_mutex_);
  const StatusOr<std::int64_t> now = connection_->DataVersion();
  if (!now.ok() || *now == data_version_) return;
  StatusOr<std::string> fingerprint = CatalogFingerprint(*connection_);
  if (!fingerprint.ok()) return;
  const bool told = *fingerprint != fingerprint_;
  if (!told) {
    const StatusOr<Statistics> statistics = ReadStatistics(*connection_);
    if (!statistics.ok()) return;
    if (*statistics == *current()->statistics) {
      data_version_ = *now;
      return;
    }
  }
  StatusOr<std::shared_ptr<const Snapshot>> snapshot =
      LoadSnapshot(*connection_, opener_, options_);
  // A passing failure, a lock for one, is tried again at the next look.
  if (absl::IsUnavailable(snapshot.status())) return;
  data_version_ = *now;
  if (snapshot.ok()) {
    fingerprint_ = *std::move(fingerprint);
    const std::lock_guard lock(mutex_);
    current_ = *snapshot;
  }
  if (told && on_reload_) on_reload_(snapshot.status());
}

Status Catalog::Reload() {
  const std::lock_guard reload(reload_mutex_);
  return ReloadLocked();
}

bool Catalog::CatchUp(const Snapshot& seen, Connection& connection) {
  const StatusOr<std::int64_t> version = connection.SchemaVersion();
  if (!version.ok() || *version == seen.schema_version) return current().get() != &seen;
  // Whoever is loading what was just committed holds this.
  const std::lock_guard reload(reload_mutex_);
  if (current()->schema_version != *version) (void)ReloadLocked();
  return current().get() != &seen;
}

Status Catalog::ReloadLocked() {
  // Read before the rows: a change between the two is then seen by the watch.
  SLUICE_ASSIGN_OR_RETURN(std::string fingerprint, CatalogFingerprint(*connection_));
  SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot,
                          LoadSnapshot(*connection_, opener_, options_));
  fingerprint_ = std::move(fingerprint);
  const std::lock_guard lock(mutex_);
  current_ = std::move(snapshot);
  return absl::OkStatus();
}

void AnnounceChange(const std::string& folder, std::string_view what) {
  constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string path = folder + "/.notify/" + std::string(what) + "@";
  for (int i = 0; i < 10; ++i) path += kLetters[random() % 36];
  // Without the folder nobody listens, and SQLite's counter tells them too.
  const int file = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  if (file < 0) return;
  close(file);
  unlink(path.c_str());
}

}  // namespace sluice::store
