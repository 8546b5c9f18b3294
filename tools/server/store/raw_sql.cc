// Tested by tests/conformance (`files`) and tests/server/crons_test.cc.
#include "tools/server/store/raw_sql.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "sqlite3.h"

#include "sluice/strings.h"

namespace sluice::store {
namespace {

Status Failure(sqlite3* handle) {
  const int code = sqlite3_extended_errcode(handle);
  const std::string message = sqlite3_errmsg(handle);
  const std::string general = sqlite3_errstr(code);
  const std::string number = " (" + std::to_string(code) + ")";
  return absl::FailedPreconditionError(general == message ? general + number
                                                          : general + ": " + message + number);
}

// security A37.
int Authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return SQLITE_DENY;
    case SQLITE_PRAGMA: {
      if (second == nullptr) return SQLITE_OK;
      // These take a table's name and set nothing.
      for (const std::string_view reads :
           {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
            "foreign_key_list", "integrity_check", "quick_check"}) {
        if (first != nullptr && EqualsIgnoreCase(first, reads)) return SQLITE_OK;
      }
      return SQLITE_DENY;
    }
    case SQLITE_FUNCTION:
      return second != nullptr && EqualsIgnoreCase(second, "load_extension") ? SQLITE_DENY
                                                                             : SQLITE_OK;
    default:
      return SQLITE_OK;
  }
}

// The time of one text under the eyes of Authorize.
class Guarded {
 public:
  explicit Guarded(sqlite3* handle) : handle_(handle) {
    sqlite3_set_authorizer(handle_, &Authorize, nullptr);
  }
  ~Guarded() { sqlite3_set_authorizer(handle_, nullptr, nullptr); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

 private:
  sqlite3* handle_;
};

// The shortest decimal that reads back, with an exponent below 1e-4 and from
// 1e21 on; the recorded answers show no other threshold.
std::string RealText(double value) {
  std::array<char, 40> buffer{};
  for (int precision = 1; precision <= 17; ++precision) {
    std::snprintf(buffer.data(), buffer.size(), "%.*e", precision - 1, value);
    if (std::strtod(buffer.data(), nullptr) == value) break;
  }
  const std::string_view text = buffer.data();
  const std::size_t e = text.find('e');
  if (e == std::string_view::npos) return std::string(text);  // Inf, NaN
  const int exponent = std::atoi(buffer.data() + e + 1);
  if (exponent < -4 || exponent >= 21) return std::string(text);
  const std::string_view mantissa = text.substr(0, e);
  const std::size_t point = mantissa.find('.');
  const int digits =
      point == std::string_view::npos ? 0 : static_cast<int>(mantissa.size() - point - 1);
  std::array<char, 64> plain{};
  std::snprintf(plain.data(), plain.size(), "%.*f", std::max(0, digits - exponent), value);
  return plain.data();
}

std::optional<std::string> TextOfColumn(sqlite3_stmt* row, int column) {
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
      return std::nullopt;
    case SQLITE_INTEGER:
      return std::to_string(sqlite3_column_int64(row, column));
    case SQLITE_FLOAT:
      return RealText(sqlite3_column_double(row, column));
    default: {
      const void* bytes = sqlite3_column_blob(row, column);
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
      return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
    }
  }
}

Status RunOne(sqlite3* handle, sqlite3_stmt* statement, std::size_t rows_max, SqlResult& result) {
  result.columns.clear();
  result.rows.clear();
  const int count = sqlite3_column_count(statement);
  for (int i = 0; i < count; ++i) {
    const char* name = sqlite3_column_name(statement, i);
    const char* type = sqlite3_column_decltype(statement, i);
    result.columns.push_back({name == nullptr ? "" : name, type == nullptr ? "" : type});
  }
  while (true) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return absl::OkStatus();
    if (code != SQLITE_ROW) return Failure(handle);
    if (result.rows.size() >= rows_max) return absl::OkStatus();
    auto& row = result.rows.emplace_back();
    for (int i = 0; i < count; ++i) row.push_back(TextOfColumn(statement, i));
  }
}

}  // namespace

bool ChangesDatabase(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n\f\v");
  if (begin == std::string_view::npos) return false;
  text.remove_prefix(begin);
  for (const std::string_view word :
       {"INSERT", "CREATE", "UPDATE", "DELETE", "DROP", "DETACH", "ALTER", "REPLACE"}) {
    if (EqualsIgnoreCase(text.substr(0, word.size()), word)) return true;
  }
  return false;
}

StatusOr<SqlResult> RunSql(Connection& connection, const std::string& text, std::size_t rows_max) {
  sqlite3* handle = connection.handle();
  const Guarded guarded(handle);
  SqlResult result;
  const char* rest = text.c_str();
  const char* const end = rest + text.size();
  while (rest < end) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(handle, rest, static_cast<int>(end - rest + 1), &raw, &rest) !=
        SQLITE_OK) {
      return Failure(handle);
    }
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(raw,
                                                                               &sqlite3_finalize);
    // Blanks, a comment, or a NUL, which ends the text.
    if (raw == nullptr) {
      if (std::memchr(rest, 0, 1) != nullptr) break;
      continue;
    }
    SLUICE_RETURN_IF_ERROR(RunOne(handle, raw, rows_max, result));
  }
  result.affected_rows = sqlite3_changes64(handle);
  return result;
}

}  // namespace sluice::store
