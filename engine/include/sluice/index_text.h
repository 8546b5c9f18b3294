// CREATE INDEX texts, read part by part (S-36).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct IndexColumn {
  std::string name;       // without quotes, or an expression as written
  std::string collation;  // empty: none was written
  std::string sort;       // `ASC`, `DESC`, or empty where none was written
};

struct IndexText {
  bool unique = false;
  bool if_not_exists = false;
  std::string schema;  // in front of the name, mostly empty
  std::string name;
  std::string table;
  std::vector<IndexColumn> columns;  // at least one
  std::string where;                 // text after WHERE, or empty
};

// Nothing when `sql` is no such text or a name is missing. What follows the
// columns and is no WHERE is left out. Linear in the length of the text.
std::optional<IndexText> ParseIndexText(std::string_view sql);

}  // namespace sluice
