// One prepared statement on one connection, without SQLite in its face.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "sluice/value.h"

struct sqlite3_stmt;

namespace sluice::store {

// Runs a prepared statement once. Not for sharing between threads. A failing
// call leaves the statement usable for Reset.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Binds parameter `number`, from 1. Text must live until Reset.
  void Bind(int number, const ValueView& value);

  // True when there is a row. Failures: kDeadlineExceeded when the time limit
  // interrupted it, kCancelled when the client left, kUnavailable when another
  // process holds the lock, else kInvalidArgument-free kFailedPrecondition with
  // SQLite's text: what the peer calls an SQL error.
  StatusOr<bool> Step();

  // A column of the current row; its text lives until the next Step or Reset.
  // A blob comes as text.
  ValueView Column(int index) const;
  int column_count() const;

  // Makes it ready to run again; parameters are forgotten.
  void Reset();

  sqlite3_stmt* handle() const { return handle_; }

 private:
  sqlite3_stmt* handle_;
};

// A statement for the time of one use: reset at the end of the scope.
class StatementUse {
 public:
  explicit StatementUse(Statement* statement) : statement_(statement) {}
  ~StatementUse() { statement_->Reset(); }
  StatementUse(const StatementUse&) = delete;
  StatementUse& operator=(const StatementUse&) = delete;
  Statement* operator->() const { return statement_; }
  Statement& operator*() const { return *statement_; }

 private:
  Statement* statement_;
};

}  // namespace sluice::store
