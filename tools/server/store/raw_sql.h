// SQL that a superuser wrote (S-95).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

struct SqlColumn {
  std::string name;
  std::string type;  // as declared; empty for an expression
};

struct SqlResult {
  std::int64_t affected_rows = 0;  // of the connection's last change
  std::vector<SqlColumn> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
};

// Whether the text is one of those that change something, by its first word.
bool ChangesDatabase(std::string_view text);

// Runs all statements of the text; the result is the last one's, of at most
// `rows_max` rows. What reaches beyond the database is refused: other files,
// transactions of its own, and pragmas that set something. kFailedPrecondition
// with SQLite's text and number.
StatusOr<SqlResult> RunSql(Connection& connection, const std::string& text, std::size_t rows_max);

}  // namespace sluice::store
