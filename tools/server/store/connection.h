// One connection to a database of the data folder, owned by one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "sluice/strings.h"
#include "tools/server/store/statement.h"
#include "tools/server/threads/thread_use.h"

struct sqlite3;

namespace sluice::store {

enum class Access : std::uint8_t { kRead, kWrite };

struct ConnectionOptions {
  Access access = Access::kRead;
  // How long a lock of another process is waited for (S-3).
  std::chrono::milliseconds busy_timeout{10000};
  // Page cache of this connection; the server's connections share 32 MiB.
  std::int64_t cache_kib = 4096;
  std::int64_t mmap_bytes = 0;
  // Prepared statements kept; the least recently used goes.
  std::size_t statements_max = 256;
  // Each commit reaches the disk before it returns: synchronous=FULL.
  bool sync_full = false;
  // SQLite's own checkpoints, after commits that find the log long (S-3).
  bool auto_checkpoint = true;
  // Only Checkpoint will be called: the rest of the pragmas is left out.
  bool only_checkpoints = false;
};

// How a checkpoint treats others: not at all; waits for readers, so that the
// next write begins the log anew; the same, and empties the file.
enum class CheckpointMode : std::uint8_t { kPassive, kRestart, kTruncate };

class Connection;

// Where a connection's statement for one text was found the last time. Kept
// beside the text, by one thread at a time; worthless is harmless.
class StatementHint {
 private:
  friend class Connection;
  struct Entry {
    std::string text;
    std::unique_ptr<Statement> statement;
  };
  std::uint64_t epoch_ = 0;
  std::list<Entry>::iterator place_;
};

// A SQLite connection with the pragmas of S-3 and a bounded cache of prepared
// statements. All calls from one thread at a time.
class Connection {
 public:
  // Fails with a message for a person: no such file, no database, locked.
  static StatusOr<std::unique_ptr<Connection>> Open(const std::string& path,
                                                    const ConnectionOptions& options);
  // For reading, also on a medium that cannot be written, where SQLite has no
  // place for its shared memory: then the file is taken for one that nobody
  // changes. Fails there when a log beside it holds what was never copied.
  static StatusOr<std::unique_ptr<Connection>> OpenUnchanging(const std::string& path,
                                                              const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Makes SQLite read the schema, which otherwise the first statement does:
  // 12 ms for 500 collections.
  void Warm();

  // Gives back the pages that are kept for later; they are read anew then.
  void ReleaseCache();

  // The statement of that text, prepared on first use. Owned by the
  // connection; valid until the next Prepare of another text. A text that does
  // not compile is kFailedPrecondition with SQLite's message.
  StatusOr<Statement*> Prepare(const std::string& text);
  // The same without looking the text up, where `hint` came from this connection
  // with the same text and the statement is still there.
  StatusOr<Statement*> Prepare(const std::string& text, StatementHint& hint);

  // Runs statements that return nothing of interest.
  Status Execute(const std::string& text);

  // From now on a running statement stops when `stop` says so (asked about
  // every thousand steps of the virtual machine) or at `deadline`. Cleared by
  // a null `stop` and no deadline.
  void SetLimits(std::function<bool()> stop, std::chrono::steady_clock::time_point deadline);
  void ClearLimits();

  // Whether, since SetLimits, a statement was stopped at the deadline, or
  // GiveUp said that one would be.
  bool gave_up() const { return gave_up_; }
  void GiveUp() { gave_up_ = true; }
  // Set by those whose deadline is so near that they will ask again elsewhere:
  // `most` of the thread's own time until they give up. Where the thread did not
  // run for a while, as others had its core, the deadline moves on; where it
  // waited, as for a disk, it does not. Zero: not hurried.
  bool hurried() const { return hurry_.count() != 0; }
  void SetHurry(std::chrono::microseconds most) { hurry_ = most; }

  // Inside of BEGIN and COMMIT, or of a savepoint. Grave errors end a
  // transaction without being asked.
  bool in_transaction() const;
  // Rows changed since the connection was opened, by statements that succeeded.
  std::int64_t total_changes() const;

  // Grows whenever a table, a view or an index changes.
  StatusOr<std::int64_t> SchemaVersion();
  // Grows whenever another connection has changed anything.
  StatusOr<std::int64_t> DataVersion();

  // Told after each commit how many pages the log has; switches SQLite's own
  // checkpoints off. Runs inside of the COMMIT: no SQL in it.
  void OnCommit(std::function<void(int pages)> told);
  // kUnavailable when readers stand in the way. Waits as long as the busy
  // timeout for those.
  Status Checkpoint(CheckpointMode mode);
  void SetBusyTimeout(std::chrono::milliseconds timeout);

  sqlite3* handle() const { return handle_; }

 private:
  using Entry = StatementHint::Entry;

  friend class ReadSnapshot;

  explicit Connection(sqlite3* handle, const ConnectionOptions& options)
      : handle_(handle), options_(options) {}
  static StatusOr<std::unique_ptr<Connection>> OpenName(const std::string& name, int flags,
                                                        const std::string& path,
                                                        const ConnectionOptions& options);
  StatusOr<std::int64_t> ReadInteger(const std::string& query);
  static std::uint64_t NextEpoch();
  static int OnProgress(void* self);
  bool WasHeldUp();
  static int OnWal(void* self, sqlite3* handle, const char* database, int pages);

  sqlite3* handle_;
  ConnectionOptions options_;
  std::function<void(int)> on_commit_;
  std::list<Entry> statements_;  // most recently used first
  StringMap<std::list<Entry>::iterator> by_text_;
  // Of all connections, this one's statements since one of them went.
  std::uint64_t epoch_ = NextEpoch();
  // Ends read snapshots; made before the first one, as an end must not need memory.
  std::unique_ptr<Statement> commit_;
  bool snapshot_left_ = false;  // one ended without memory, and is still there
  std::function<bool()> stop_;
  std::chrono::steady_clock::time_point deadline_{};
  bool limited_ = false;
  bool gave_up_ = false;
  std::chrono::microseconds hurry_{0};
  std::optional<threads::ThreadUse> use_;  // when the hurried one first looked
  bool warm_ = false;
};

// Limits for the time of a scope; `stop` may refer to what lives that long.
class LimitedScope {
 public:
  LimitedScope(Connection& connection, std::function<bool()> stop,
               std::chrono::steady_clock::time_point deadline)
      : connection_(connection) {
    connection_.SetLimits(std::move(stop), deadline);
  }
  ~LimitedScope() { connection_.ClearLimits(); }
  LimitedScope(const LimitedScope&) = delete;
  LimitedScope& operator=(const LimitedScope&) = delete;

 private:
  Connection& connection_;
};

// A read snapshot for the time of a scope: all statements between see one
// state of the database.
class ReadSnapshot {
 public:
  static StatusOr<std::unique_ptr<ReadSnapshot>> Begin(Connection& connection);
  ~ReadSnapshot();

 private:
  explicit ReadSnapshot(Connection& connection) : connection_(connection) {}
  Connection& connection_;
};

// `3.53.2`, of the library that is linked.
std::string_view SqliteVersion();

}  // namespace sluice::store
