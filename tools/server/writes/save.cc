// Tested by tests/server/writes_save_test.cc and tests/conformance.
#include "tools/server/writes/save.h"

#include <algorithm>
#include <chrono>

#include "tools/server/fields/apply.h"
#include "tools/server/store/system_tables.h"
#include "tools/server/writes/failures.h"
#include "tools/server/writes/side_effects.h"
#include "tools/server/writes/statements.h"

namespace sluice::writes {
namespace {

// Milliseconds, in the normal form.
void SetDates(Record& record, const TableStatements& table) {
  std::string now;
  for (std::size_t i = 0; i < record.values.size(); ++i) {
    const FieldFlags& flags = table.flags[i];
    if (record.is_new() ? !flags.on_create : !flags.on_update) continue;
    if (now.empty()) now = store::StoredTime(std::chrono::system_clock::now());
    record.values[i].text = now;
  }
}

std::vector<Value> ColumnsOf(const Record& record) {
  std::vector<Value> columns;
  columns.reserve(record.values.size());
  for (std::size_t i = 0; i < record.values.size(); ++i)
    columns.push_back(fields::ToColumn(record.collection->fields[i], record.values[i]));
  return columns;
}

Status RunRow(store::Connection& connection, const RowStatement& statement, const Record& record,
              const std::vector<Value>& columns) {
  SLUICE_ASSIGN_OR_RETURN(store::Statement * prepared, connection.Prepare(statement.text));
  const store::StatementUse use(prepared);
  for (std::size_t i = 0; i < statement.params.size(); ++i) {
    const int index = FieldIndex(*record.collection, statement.params[i]);
    use->Bind(static_cast<int>(i) + 1, columns[static_cast<std::size_t>(index)].view());
  }
  return use->Step().status();
}

// names that the stored value had and the new one has not.
void NoteDroppedFiles(const Record& record, Effects& effects) {
  for (std::size_t i = 0; i < record.before.size(); ++i) {
    if (record.collection->fields[i].type != FieldType::kFile) continue;
    const std::vector<std::string>& now = record.values[i].list;
    for (const std::string& name : record.before[i].list) {
      if (std::find(now.begin(), now.end(), name) == now.end())
        effects.removed_files.push_back({record.collection->id, record.id(), name});
    }
  }
}

}  // namespace

Status SaveRecord(Scope& scope, Record& record) {
  const TableStatements& table = TableStatements::Of(scope.snapshot->schema, *record.collection);
  const bool is_new = record.is_new();
  SetDates(record, table);
  if (record.collection->is_auth()) SLUICE_RETURN_IF_ERROR(BeforeAuthSave(scope, record));
  std::vector<Value> columns = ColumnsOf(record);
  const Status written =
      RunRow(scope.connection, is_new ? table.insert : table.update, record, columns);
  if (!written.ok()) return StatementFailure(record, written);
  if (record.collection->is_auth()) SLUICE_RETURN_IF_ERROR(AfterAuthSave(scope, record));
  if (!is_new && table.has_files) NoteDroppedFiles(record, scope.effects);
  scope.effects.events.push_back({is_new ? Action::kCreate : Action::kUpdate, record});
  record.before = record.values;
  record.columns = std::move(columns);
  return absl::OkStatus();
}

Status CheckAndSave(Scope& scope, Record& record) {
  SLUICE_RETURN_IF_ERROR(CheckRecord(*scope.snapshot, scope.connection, record));
  return SaveRecord(scope, record);
}

}  // namespace sluice::writes
