// Tested by tests/server/realtime_hub_test.cc and tests/realtime.
#include "tools/server/store/old_rows.h"

#include "tools/server/store/quoted_name.h"

namespace sluice::store {
namespace {

// Temporary tables are written; the database is open for reading only.
constexpr char kBegin[] = "PRAGMA query_only=OFF; SAVEPOINT old_rows";
constexpr char kEnd[] = "ROLLBACK TO old_rows; RELEASE old_rows; PRAGMA query_only=ON";

std::string ColumnsOf(const Collection& collection) {
  std::string columns;
  for (const Field& field : collection.fields)
    columns += (columns.empty() ? "" : ",") + QuotedName(field.name);
  return columns;
}

Status Insert(Connection& connection, const std::string& table, const ValueView* values,
              std::size_t count) {
  std::string text = "INSERT INTO temp." + table + " VALUES (?";
  for (std::size_t i = 1; i < count; ++i) text += ",?";
  SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare(text + ")"));
  const StatementUse use(statement);
  for (std::size_t i = 0; i < count; ++i) use->Bind(static_cast<int>(i) + 1, values[i]);
  return use->Step().status();
}

}  // namespace

StatusOr<std::unique_ptr<OldRows>> OldRows::Show(Connection& connection) {
  SLUICE_RETURN_IF_ERROR(connection.Execute(kBegin));
  return std::unique_ptr<OldRows>(new OldRows(connection));
}

OldRows::~OldRows() { (void)connection_.Execute(kEnd); }

Status OldRows::Add(const Collection& collection, const std::vector<OldRow>& rows) {
  // No name of a collection has a `#`.
  const std::string table = QuotedName(collection.name);
  const std::string touched = QuotedName("#touched " + collection.name);
  const std::string old = QuotedName("#old " + collection.name);
  const std::string columns = ColumnsOf(collection);
  // A copy of no rows has the columns with their affinities.
  SLUICE_RETURN_IF_ERROR(connection_.Execute(
      "CREATE TABLE temp." + touched + " (id TEXT PRIMARY KEY);" + "CREATE TABLE temp." + old +
      " AS SELECT " + columns + " FROM main." + table + " LIMIT 0"));
  for (const OldRow& row : rows) {
    const ValueView id = ValueView::Text(row.id);
    SLUICE_RETURN_IF_ERROR(Insert(connection_, touched, &id, 1));
    if (row.columns == nullptr) continue;
    std::vector<ValueView> values;
    for (const Value& value : *row.columns) values.push_back(value.view());
    SLUICE_RETURN_IF_ERROR(Insert(connection_, old, values.data(), values.size()));
  }
  return connection_.Execute("CREATE TEMP VIEW " + table + " AS SELECT _rowid_ AS _rowid_," +
                             columns + " FROM main." + table +
                             " WHERE id NOT IN (SELECT id FROM temp." + touched +
                             ") UNION ALL SELECT -_rowid_," + columns + " FROM temp." + old);
}

}  // namespace sluice::store
