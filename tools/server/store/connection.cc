// Connections and statements: the one place that calls SQLite for the server.
// Tested by tests/server/store_test.cc.
#include "tools/server/store/connection.h"

#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "sqlite3.h"

#include "tools/server/store/instr_function.h"
#include "tools/server/store/like_function.h"
#include "tools/server/threads/guard.h"

namespace sluice::store {
namespace {

// SQLite calls the progress handler after so many virtual machine steps: often
// enough to stop within milliseconds, rarely enough to cost nothing.
constexpr int kProgressSteps = 1000;

Status SqliteError(sqlite3* handle, int code) {
  const std::string text = sqlite3_errmsg(handle);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError("the database is locked by another process: " + text);
    case SQLITE_INTERRUPT:
      return absl::DeadlineExceededError("the query was stopped: time limit, or the client left");
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(text);
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return absl::InternalError(text);
    default:
      return absl::FailedPreconditionError(text);
  }
}

// Those that need no schema to be read come first; of readers, there are no
// others.
std::string Pragmas(const ConnectionOptions& options) {
  std::string text = "PRAGMA busy_timeout=" + std::to_string(options.busy_timeout.count()) + ";";
  if (options.only_checkpoints) return text;
  if (options.access == Access::kWrite) {
    text += "PRAGMA journal_mode=WAL;PRAGMA journal_size_limit=200000000;PRAGMA synchronous=";
    text += options.sync_full ? "FULL;PRAGMA foreign_keys=ON;" : "NORMAL;PRAGMA foreign_keys=ON;";
    if (!options.auto_checkpoint) text += "PRAGMA wal_autocheckpoint=0;";
  } else {
    text += "PRAGMA query_only=ON;";
  }
  text += "PRAGMA temp_store=MEMORY;";
  return text + "PRAGMA mmap_size=" + std::to_string(options.mmap_bytes) + ";";
}

// Of a path, what `file:` takes.
std::string UriPath(const std::string& path) {
  std::string uri;
  for (const char c : path) {
    uri += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
  }
  return uri;
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::Bind(int number, const ValueView& value) {
  switch (value.storage) {
    case StorageClass::kNull:
      sqlite3_bind_null(handle_, number);
      return;
    case StorageClass::kInteger:
      sqlite3_bind_int64(handle_, number, value.integer);
      return;
    case StorageClass::kReal:
      sqlite3_bind_double(handle_, number, value.real);
      return;
    case StorageClass::kText:
      // An empty view may have a null pointer, which SQLite would take for NULL.
      sqlite3_bind_text64(handle_, number, value.text.empty() ? "" : value.text.data(),
                          value.text.size(), SQLITE_STATIC, SQLITE_UTF8);
      return;
  }
}

StatusOr<bool> Statement::Step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return SqliteError(sqlite3_db_handle(handle_), code);
}

ValueView Statement::Column(int index) const {
  // Looked up once; what the column_ functions do for each question.
  sqlite3_value* const value = sqlite3_column_value(handle_, index);
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      return ValueView::Integer(sqlite3_value_int64(value));
    case SQLITE_FLOAT:
      return ValueView::Real(sqlite3_value_double(value));
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
      const void* bytes = sqlite3_value_blob(value);
      const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
      return ValueView::Text(bytes == nullptr
                                 ? std::string_view()
                                 : std::string_view(static_cast<const char*>(bytes), size));
    }
    default:
      return ValueView::Null();
  }
}

int Statement::column_count() const { return sqlite3_column_count(handle_); }

void Statement::Reset() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& path,
                                                       const ConnectionOptions& options) {
  return OpenName(path, 0, path, options);
}

StatusOr<std::unique_ptr<Connection>> Connection::OpenUnchanging(const std::string& path,
                                                                 const ConnectionOptions& options) {
  StatusOr<std::unique_ptr<Connection>> connection = Open(path, options);
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (connection.ok() || access(folder.c_str(), W_OK) == 0) return connection;
  struct stat log {};
  if (stat((path + "-wal").c_str(), &log) == 0 && log.st_size > 0) {
    return absl::FailedPreconditionError(
        path +
        "-wal holds changes that are not in the database yet, and the folder cannot be "
        "written: copy both to where it can");
  }
  return OpenName("file:" + UriPath(path) + "?immutable=1", SQLITE_OPEN_URI, path, options);
}

StatusOr<std::unique_ptr<Connection>> Connection::OpenName(const std::string& name, int flags,
                                                           const std::string& path,
                                                           const ConnectionOptions& options) {
  sqlite3* handle = nullptr;
  flags |= options.access == Access::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Connection> connection(new Connection(handle, options));
  if (code != SQLITE_OK) {
    return absl::FailedPreconditionError(
        "cannot open " + path + ": " +
        (handle != nullptr ? sqlite3_errmsg(handle) : "out of memory"));
  }
  sqlite3_extended_result_codes(handle, 1);
  // A plan never hangs on the bound values. Otherwise SQLite compiles a
  // statement anew whenever a LIMIT, or a value that statistics know, changes:
  // for each request.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  RegisterInstr(handle);
  RegisterLike(handle);
  // The last one reads the file's head: whether it is a database, and its log.
  const std::string pragmas = Pragmas(options) + "PRAGMA schema_version";
  if (sqlite3_exec(handle, pragmas.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    const Status status = SqliteError(handle, sqlite3_extended_errcode(handle));
    return Status(status.code(), path + ": " + std::string(AsStd(status.message())));
  }
  return connection;
}

Connection::~Connection() {
  by_text_.clear();
  statements_.clear();
  commit_.reset();
  sqlite3_close_v2(handle_);
}

void Connection::ReleaseCache() { sqlite3_db_release_memory(handle_); }

// The size of the cache is a pragma that reads the schema.
void Connection::Warm() {
  if (warm_) return;
  warm_ = true;
  const std::string text = "PRAGMA cache_size=-" + std::to_string(options_.cache_kib);
  (void)sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr);
}

std::uint64_t Connection::NextEpoch() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

StatusOr<Statement*> Connection::Prepare(const std::string& text, StatementHint& hint) {
  if (hint.epoch_ == epoch_) {
    statements_.splice(statements_.begin(), statements_, hint.place_);
    return hint.place_->statement.get();
  }
  SLUICE_ASSIGN_OR_RETURN(Statement * statement, Prepare(text));
  hint.epoch_ = epoch_;
  hint.place_ = statements_.begin();
  return statement;
}

StatusOr<Statement*> Connection::Prepare(const std::string& text) {
  Warm();
  if (const auto found = by_text_.find(text); found != by_text_.end()) {
    statements_.splice(statements_.begin(), statements_, found->second);
    return statements_.front().statement.get();
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, text.c_str(), static_cast<int>(text.size() + 1),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return SqliteError(handle_, code);
  if (statement == nullptr) return absl::InvalidArgumentError("the statement is empty");
  if (statements_.size() >= options_.statements_max) {
    by_text_.erase(statements_.back().text);
    statements_.pop_back();
    epoch_ = NextEpoch();
  }
  std::unique_ptr<Statement> made;
  if (!threads::Try([&] { made = std::make_unique<Statement>(statement); })) {
    sqlite3_finalize(statement);
    return absl::ResourceExhaustedError("");
  }
  statements_.push_front(Entry{text, std::move(made)});
  by_text_[text] = statements_.begin();
  return statements_.front().statement.get();
}

Status Connection::Execute(const std::string& text) {
  Warm();
  const int code = sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : SqliteError(handle_, code);
}

int Connection::OnProgress(void* self) {
  Connection& connection = *static_cast<Connection*>(self);
  if (connection.stop_ && connection.stop_()) return 1;
  const bool over = std::chrono::steady_clock::now() >= connection.deadline_;
  if (connection.hurried() && !connection.use_) connection.use_ = threads::UseOfThread();
  if (!over || (connection.hurried() && connection.WasHeldUp())) return 0;
  connection.gave_up_ = true;
  return 1;
}

// At the deadline: whether the thread has used less than its time, and moves the
// deadline by what is left.
bool Connection::WasHeldUp() {
  const threads::ThreadUse now = threads::UseOfThread();
  const auto used = now.cpu - use_->cpu;
  if (used >= hurry_ || now.waits != use_->waits) return false;
  deadline_ = std::chrono::steady_clock::now() + (hurry_ - used);
  return true;
}

void Connection::SetLimits(std::function<bool()> stop,
                           std::chrono::steady_clock::time_point deadline) {
  stop_ = std::move(stop);
  deadline_ = deadline;
  gave_up_ = false;
  use_.reset();
  if (!limited_) sqlite3_progress_handler(handle_, kProgressSteps, &Connection::OnProgress, this);
  limited_ = true;
}

void Connection::ClearLimits() {
  stop_ = nullptr;
  deadline_ = std::chrono::steady_clock::time_point::max();
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

std::int64_t Connection::total_changes() const { return sqlite3_total_changes64(handle_); }

StatusOr<std::int64_t> Connection::ReadInteger(const std::string& query) {
  SLUICE_ASSIGN_OR_RETURN(Statement * statement, Prepare(query));
  const StatementUse use(statement);
  SLUICE_RETURN_IF_ERROR(use->Step().status());
  return use->Column(0).integer;
}

StatusOr<std::int64_t> Connection::SchemaVersion() { return ReadInteger("PRAGMA schema_version"); }

StatusOr<std::int64_t> Connection::DataVersion() { return ReadInteger("PRAGMA data_version"); }

int Connection::OnWal(void* self, sqlite3*, const char*, int pages) {
  static_cast<Connection*>(self)->on_commit_(pages);
  return SQLITE_OK;
}

void Connection::OnCommit(std::function<void(int)> told) {
  on_commit_ = std::move(told);
  sqlite3_wal_hook(handle_, &Connection::OnWal, this);
}

Status Connection::Checkpoint(CheckpointMode mode) {
  const int sqlite_mode = mode == CheckpointMode::kPassive   ? SQLITE_CHECKPOINT_PASSIVE
                          : mode == CheckpointMode::kRestart ? SQLITE_CHECKPOINT_RESTART
                                                             : SQLITE_CHECKPOINT_TRUNCATE;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, sqlite_mode, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : SqliteError(handle_, code);
}

void Connection::SetBusyTimeout(std::chrono::milliseconds timeout) {
  sqlite3_busy_timeout(handle_, static_cast<int>(timeout.count()));
}

// Whatever the limits say: SQLite asks the progress handler in BEGIN and COMMIT,
// too, once in some hundred, and may fail a BEGIN that has begun. A transaction
// that stays open fails all that come after it.
StatusOr<std::unique_ptr<ReadSnapshot>> ReadSnapshot::Begin(Connection& connection) {
  if (connection.snapshot_left_) {
    SLUICE_RETURN_IF_ERROR(connection.Execute("ROLLBACK"));
    connection.snapshot_left_ = false;
  }
  if (connection.commit_ == nullptr) {
    sqlite3_stmt* commit = nullptr;
    const int code = sqlite3_prepare_v3(connection.handle_, "COMMIT", -1, SQLITE_PREPARE_PERSISTENT,
                                        &commit, nullptr);
    if (code != SQLITE_OK) return SqliteError(connection.handle_, code);
    connection.commit_ = std::make_unique<Statement>(commit);
  }
  SLUICE_ASSIGN_OR_RETURN(Statement * begin, connection.Prepare("BEGIN"));
  auto stop = std::exchange(connection.stop_, nullptr);
  const auto deadline =
      std::exchange(connection.deadline_, std::chrono::steady_clock::time_point::max());
  const StatementUse use(begin);
  const Status begun = use->Step().status();
  connection.stop_ = std::move(stop);
  connection.deadline_ = deadline;
  SLUICE_RETURN_IF_ERROR(begun);
  return std::unique_ptr<ReadSnapshot>(new ReadSnapshot(connection));
}

ReadSnapshot::~ReadSnapshot() {
  auto stop = std::exchange(connection_.stop_, nullptr);
  const auto deadline =
      std::exchange(connection_.deadline_, std::chrono::steady_clock::time_point::max());
  threads::Try([this] {
    const StatementUse use(connection_.commit_.get());
    (void)use->Step();
  });
  if (connection_.in_transaction()) threads::Try([this] { (void)connection_.Execute("ROLLBACK"); });
  connection_.snapshot_left_ = connection_.in_transaction();
  connection_.stop_ = std::move(stop);
  connection_.deadline_ = deadline;
}

std::string_view SqliteVersion() { return sqlite3_libversion(); }

}  // namespace sluice::store
