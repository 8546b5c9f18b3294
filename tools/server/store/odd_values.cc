// Tested by tests/server/odd_values_test.cc.
#include "tools/server/store/odd_values.h"

#include <algorithm>

namespace sluice::store {
namespace {

std::string Quoted(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) quoted += c == '`' ? "``" : std::string(1, c);
  return quoted + "`";
}

struct Oddity {
  std::string what;
  std::string condition;  // on `@`, the column
};

constexpr char kDateForm[] =
    "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] "
    "[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9]Z'";

Oddity OddityOf(const Field& field) {
  switch (field.type) {
    case FieldType::kNumber:
      return {"no number", "typeof(@) NOT IN ('integer', 'real')"};
    case FieldType::kBool:
      return {"neither 0 nor 1", "typeof(@) != 'integer' OR @ NOT IN (0, 1)"};
    case FieldType::kDate:
    case FieldType::kAutodate:
      return {"no date of the form YYYY-MM-DD hh:mm:ss.mmmZ",
              std::string("@ IS NULL OR (@ != '' AND @ NOT GLOB ") + kDateForm + ")"};
    case FieldType::kJson:
      return {"no JSON", "@ IS NOT NULL AND NOT json_valid(@)"};
    case FieldType::kGeoPoint:
      return {"no point {\"lon\":…,\"lat\":…}",
              "CASE WHEN @ IS NULL OR NOT json_valid(@) THEN TRUE ELSE json_type(@, '$.lon') NOT "
              "IN ('integer', 'real') OR "
              "json_type(@, '$.lat') NOT IN ('integer', 'real') OR json_type(@, '$.lon') IS NULL "
              "OR json_type(@, '$.lat') IS NULL END"};
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile:
      if (field.multiple())
        return {
            "no JSON array",
            "CASE WHEN @ IS NULL OR NOT json_valid(@) THEN TRUE ELSE json_type(@) != 'array' END"};
      return {"a JSON array in a field of one value",
              "CASE WHEN json_valid(@) THEN json_type(@) = 'array' ELSE @ IS NULL END"};
    default:
      return {"no text", "typeof(@) != 'text'"};
  }
}

std::string Replace(std::string text, const std::string& column) {
  for (std::size_t at = text.find('@'); at != std::string::npos;
       at = text.find('@', at + column.size()))
    text.replace(at, 1, column);
  return text;
}

StatusOr<std::vector<std::string>> Names(Connection& connection, const std::string& query,
                                         std::string_view value) {
  SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare(query));
  const StatementUse use(statement);
  use->Bind(1, ValueView::Text(value));
  std::vector<std::string> names;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    if (!row) return names;
    names.emplace_back(use->Column(0).text);
  }
}

bool HasName(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](const std::string& other) { return EqualsIgnoreCase(other, name); });
}

}  // namespace

StatusOr<std::vector<OddValues>> FindOddValues(Connection& connection,
                                               const Collection& collection) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> missing,
                          FieldsWithoutColumn(connection, collection));
  std::vector<OddValues> found;
  for (const Field& field : collection.fields) {
    if (HasName(missing, field.name)) continue;
    const Oddity oddity = OddityOf(field);
    const std::string query = "SELECT count(*), min(id) FROM " + Quoted(collection.name) +
                              " WHERE " + Replace(oddity.condition, Quoted(field.name));
    SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare(query));
    const StatementUse use(statement);
    SLUICE_RETURN_IF_ERROR(use->Step().status());
    if (use->Column(0).integer == 0) continue;
    found.push_back(
        {field.name, oddity.what, use->Column(0).integer, std::string(use->Column(1).text)});
  }
  return found;
}

StatusOr<std::vector<std::string>> FieldsWithoutColumn(Connection& connection,
                                                       const Collection& collection) {
  SLUICE_ASSIGN_OR_RETURN(
      const std::vector<std::string> columns,
      Names(connection, "SELECT name FROM pragma_table_info(?1)", collection.name));
  std::vector<std::string> missing;
  for (const Field& field : collection.fields) {
    if (!HasName(columns, field.name)) missing.push_back(field.name);
  }
  return missing;
}

Status CheckReadable(Connection& connection, const Collection& collection) {
  return connection.Prepare("SELECT * FROM " + Quoted(collection.name) + " LIMIT 0").status();
}

StatusOr<std::vector<std::string>> MissingIndexes(Connection& connection,
                                                  const Collection& collection) {
  SLUICE_ASSIGN_OR_RETURN(
      const std::vector<std::string> present,
      Names(connection,
            "SELECT name FROM sqlite_master WHERE type = 'index' AND lower(tbl_name) = lower(?1)",
            collection.name));
  std::vector<std::string> missing;
  for (const Index& index : collection.indexes) {
    if (!HasName(present, index.name)) missing.push_back(index.name);
  }
  return missing;
}

}  // namespace sluice::store
