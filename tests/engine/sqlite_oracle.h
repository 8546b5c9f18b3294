// SQLite itself, asked for one value at a time: what the engine's own value
// functions are held against.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "sqlite3.h"

#include "sluice/value.h"

namespace sluice {

// One in-memory database. A prepared statement is kept per SQL text.
class SqliteOracle {
 public:
  SqliteOracle() { sqlite3_open(":memory:", &db_); }
  ~SqliteOracle() {
    for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }
  SqliteOracle(const SqliteOracle&) = delete;
  SqliteOracle& operator=(const SqliteOracle&) = delete;

  void Execute(const std::string& sql) {
    char* error = nullptr;
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &error) != SQLITE_OK) {
      ADD_FAILURE() << sql << ": " << error;
      sqlite3_free(error);
    }
  }

  // The first column of all rows; `failed` is set when the statement fails.
  std::vector<Value> Column(const std::string& sql, const std::vector<ValueView>& parameters,
                            bool* failed = nullptr) {
    sqlite3_stmt* statement = Prepare(sql);
    if (statement == nullptr) {
      if (failed != nullptr) {
        *failed = true;
      } else {
        ADD_FAILURE() << sql << ": " << sqlite3_errmsg(db_);
      }
      return {};
    }
    for (std::size_t i = 0; i < parameters.size(); ++i)
      BindOne(statement, static_cast<int>(i) + 1, parameters[i]);
    std::vector<Value> rows;
    int step = 0;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) rows.push_back(Read(statement));
    if (failed != nullptr) {
      *failed = step != SQLITE_DONE;
    } else if (step != SQLITE_DONE) {
      ADD_FAILURE() << sql << ": " << sqlite3_errmsg(db_);
    }
    sqlite3_reset(statement);
    return rows;
  }

  // The single value of a SELECT.
  Value Ask(const std::string& sql, const std::vector<ValueView>& parameters,
            bool* failed = nullptr) {
    std::vector<Value> rows = Column(sql, parameters, failed);
    return rows.empty() ? Value::Null() : rows.front();
  }

 private:
  sqlite3_stmt* Prepare(const std::string& sql) {
    for (auto& [known, statement] : statements_) {
      if (known == sql) return statement;
    }
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr);
    if (statement == nullptr) return nullptr;
    if (statements_.size() > 64) {
      sqlite3_finalize(statements_.front().second);
      statements_.erase(statements_.begin());
    }
    statements_.emplace_back(sql, statement);
    return statement;
  }

  static void BindOne(sqlite3_stmt* statement, int index, const ValueView& value) {
    switch (value.storage) {
      case StorageClass::kNull:
        sqlite3_bind_null(statement, index);
        break;
      case StorageClass::kInteger:
        sqlite3_bind_int64(statement, index, value.integer);
        break;
      case StorageClass::kReal:
        sqlite3_bind_double(statement, index, value.real);
        break;
      case StorageClass::kText:
        sqlite3_bind_text(statement, index, value.text.data() == nullptr ? "" : value.text.data(),
                          static_cast<int>(value.text.size()), SQLITE_TRANSIENT);
        break;
    }
  }

  static Value Read(sqlite3_stmt* statement) {
    switch (sqlite3_column_type(statement, 0)) {
      case SQLITE_INTEGER:
        return Value::Integer(sqlite3_column_int64(statement, 0));
      case SQLITE_FLOAT:
        return Value::Real(sqlite3_column_double(statement, 0));
      case SQLITE_TEXT: {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
        return Value::Text(
            std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, 0))));
      }
      default:
        return Value::Null();
    }
  }

  sqlite3* db_ = nullptr;
  std::vector<std::pair<std::string, sqlite3_stmt*>> statements_;
};

// A value for people: `NULL`, `7`, `0x1.8p+1`, `'text'`.
inline std::string Show(const ValueView& value) {
  char buffer[64];
  switch (value.storage) {
    case StorageClass::kNull:
      return "NULL";
    case StorageClass::kInteger:
      return "int " + std::to_string(value.integer);
    case StorageClass::kReal:
      std::snprintf(buffer, sizeof buffer, "real %a (%.17g)", value.real, value.real);
      return buffer;
    case StorageClass::kText:
      return "'" + testing::PrintToString(std::string(value.text)) + "'";
  }
  return "?";
}

// Same storage class and same value; a NaN equals nothing.
inline bool Same(const ValueView& a, const ValueView& b) {
  return a.storage == b.storage && a.integer == b.integer && a.real == b.real && a.text == b.text;
}

}  // namespace sluice
