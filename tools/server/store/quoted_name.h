// Names of tables and columns in SQL text.
#pragma once

#include <string>
#include <string_view>

namespace sluice::store {

// `name` as an identifier of SQLite, whatever is in it.
inline std::string QuotedName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

}  // namespace sluice::store
