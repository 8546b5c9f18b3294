// One connection to a database of the data folder, owned by one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "sluice/strings.h"
#include "tools/server/store/statement.h"

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
};

// A SQLite connection with the pragmas of S-3 and a bounded cache of prepared
// statements. All calls from one thread at a time.
class Connection {
 public:
  // Fails with a message for a person: no such file, no database, locked.
  static StatusOr<std::unique_ptr<Connection>> Open(const std::string& path,
                                                    const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The statement of that text, prepared on first use. Owned by the
  // connection; valid until the next Prepare of another text. A text that does
  // not compile is kFailedPrecondition with SQLite's message.
  StatusOr<Statement*> Prepare(const std::string& text);

  // Runs statements that return nothing of interest.
  Status Execute(const std::string& text);

  // From now on a running statement stops when `stop` says so (asked about
  // every thousand steps of the virtual machine) or at `deadline`. Cleared by
  // a null `stop` and no deadline.
  void SetLimits(std::function<bool()> stop, std::chrono::steady_clock::time_point deadline);
  void ClearLimits();

  sqlite3* handle() const { return handle_; }

 private:
  struct Entry {
    std::string text;
    std::unique_ptr<Statement> statement;
  };

  explicit Connection(sqlite3* handle, const ConnectionOptions& options)
      : handle_(handle), options_(options) {}
  static int OnProgress(void* self);

  sqlite3* handle_;
  ConnectionOptions options_;
  std::list<Entry> statements_;  // most recently used first
  StringMap<std::list<Entry>::iterator> by_text_;
  std::function<bool()> stop_;
  std::chrono::steady_clock::time_point deadline_{};
  bool limited_ = false;
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
