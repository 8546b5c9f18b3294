// Deletion with all that it draws behind it. Tested by
// tests/server/writes_save_test.cc and tests/conformance (`records`).
#include <algorithm>

#include "sluice/plan.h"
#include "sluice/sql.h"
#include "tools/server/http/api_error.h"
#include "tools/server/records/query.h"
#include "tools/server/store/superusers.h"
#include "tools/server/writes/save.h"
#include "tools/server/writes/side_effects.h"
#include "tools/server/writes/statements.h"

namespace sluice::writes {
namespace {

Status Required() {
  return http::MakeStatus(
      {.status = 400,
       .message = "Failed to delete record. Make sure that the record is not part of a required "
                  "relation reference."});
}

// A relation field that points to the collection of a deleted record.
struct Reference {
  const Collection* collection;
  std::size_t field;
};

// By name of collection, then in the order of fields.
std::vector<Reference> ReferencesTo(const Schema& schema, const Collection& target) {
  std::vector<const Collection*> collections;
  for (const auto& collection : schema.collections()) {
    if (!collection->is_view()) collections.push_back(collection.get());
  }
  std::sort(collections.begin(), collections.end(),
            [](const auto* a, const auto* b) { return a->name < b->name; });
  std::vector<Reference> references;
  for (const Collection* collection : collections) {
    for (std::size_t i = 0; i < collection->fields.size(); ++i) {
      const Field& field = collection->fields[i];
      if (field.type == FieldType::kRelation && field.collection_id == target.id)
        references.push_back({collection, i});
    }
  }
  return references;
}

// A record that is deleted, and how far the walk over what refers to it is.
// The walk is on a heap stack: chains of records may be as long as they like.
struct Frame {
  Record record;
  std::vector<Reference> references;
  std::size_t reference = 0;
  std::vector<std::string> rows;  // ids that refer by the current reference
  std::size_t row = 0;
  bool rows_read = false;
};

class Remover {
 public:
  explicit Remover(Scope& scope) : scope_(scope) {}

  Status Run(const Record& record) {
    SLUICE_RETURN_IF_ERROR(Push(record));
    while (!stack_.empty()) SLUICE_RETURN_IF_ERROR(Step());
    return absl::OkStatus();
  }

 private:
  Status Push(const Record& record) {
    const Collection& collection = *record.collection;
    if (collection.name == "_superusers") SLUICE_RETURN_IF_ERROR(CheckLastSuperuser(record));
    const TableStatements& table = TableStatements::Of(scope_.snapshot->schema, collection);
    SLUICE_RETURN_IF_ERROR(
        writes::Run(scope_.connection, table.remove.text, {ValueView::Text(record.id())}));
    if (collection.is_auth()) SLUICE_RETURN_IF_ERROR(DeleteDependents(scope_, record));
    if (table.has_files) scope_.effects.removed_files.push_back({collection.id, record.id(), ""});
    scope_.effects.events.push_back({Action::kDelete, record});
    Frame frame;
    frame.record = record;
    frame.references = ReferencesTo(scope_.schema(), collection);
    stack_.push_back(std::move(frame));
    return absl::OkStatus();
  }

  Status Step() {
    Frame& frame = stack_.back();
    if (frame.reference == frame.references.size()) {
      stack_.pop_back();
      return absl::OkStatus();
    }
    const Reference reference = frame.references[frame.reference];
    if (!frame.rows_read) {
      SLUICE_ASSIGN_OR_RETURN(frame.rows, ReferringIds(reference, frame.record));
      frame.rows_read = true;
      frame.row = 0;
    }
    if (frame.row == frame.rows.size()) {
      ++frame.reference;
      frame.rows_read = false;
      return absl::OkStatus();
    }
    const std::string row = frame.rows[frame.row++];
    const std::string deleted = frame.record.id();
    return Release(reference, row, deleted);  // may move the frames
  }

  StatusOr<std::vector<std::string>> ReferringIds(const Reference& reference,
                                                  const Record& record) {
    const RowStatement select = SelectReferences(
        *reference.collection, reference.collection->fields[reference.field], Sqlite());
    SLUICE_ASSIGN_OR_RETURN(store::Statement * statement, scope_.connection.Prepare(select.text));
    const store::StatementUse use(statement);
    const std::string id = record.id();
    use->Bind(1, ValueView::Text(id));
    const int id_column = FieldIndex(*reference.collection, "id");
    std::vector<std::string> ids;
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
      if (!row) return ids;
      ids.emplace_back(use->Column(id_column).text);
    }
  }

  // Takes the deleted id out of one row, by R-123. The row is read anew: what
  // was done meanwhile may have changed or deleted it.
  Status Release(const Reference& reference, const std::string& row, const std::string& deleted) {
    SLUICE_ASSIGN_OR_RETURN(std::optional<Record> record,
                            FindRecord(scope_.connection, *reference.collection, row));
    if (!record) return absl::OkStatus();
    std::vector<std::string>& ids = record->values[reference.field].list;
    if (std::erase(ids, deleted) == 0) return absl::OkStatus();
    const TableStatements& table =
        TableStatements::Of(scope_.snapshot->schema, *reference.collection);
    const FieldFlags& flags = table.flags[reference.field];
    if (ids.empty() && flags.cascade_delete) {
      record->values = record->before;
      return Push(*record);
    }
    if (ids.empty() && flags.required) return Required();
    const Status saved = SaveRecord(scope_, *record);
    return absl::IsInvalidArgument(saved) ? Required() : saved;
  }

  Status CheckLastSuperuser(const Record& record) {
    SLUICE_ASSIGN_OR_RETURN(const std::int64_t others,
                            store::CountOtherSuperusers(scope_.connection, record.id()));
    if (others > 0) return absl::OkStatus();
    return http::MakeStatus(
        {.status = 400, .message = "You can't delete the only existing superuser."});
  }

  Scope& scope_;
  std::vector<Frame> stack_;
};

constexpr std::int64_t kRound = 500;

StatusOr<std::vector<std::string>> SomeIds(store::Connection& connection,
                                           const Collection& collection) {
  Plan plan;
  plan.collection = &collection;
  plan.variables.push_back(Variable{.domain = Domain::kBase, .collection = &collection});
  plan.conds.emplace_back(ConstantCond{});
  SelectOptions options;
  options.columns = {"id"};
  options.limit = true;
  std::vector<std::string> ids;
  SLUICE_RETURN_IF_ERROR(records::RunStatement(connection, plan,
                                               SelectRows(plan, Sqlite(), options), {kRound, 0},
                                               [&ids](const store::Statement& row) {
                                                 ids.emplace_back(row.Column(0).text);
                                                 return absl::OkStatus();
                                               }));
  return ids;
}

}  // namespace

Status DeleteRecord(Scope& scope, const Record& record) {
  Status status = Remover(scope).Run(record);
  // What the database refuses, or a save of what refers, is one answer;
  // a full disk or a limit of time is not.
  if (absl::IsFailedPrecondition(status) || absl::IsUnavailable(status)) return Required();
  return status;
}

Status DeleteAllRecords(Scope& scope, const Collection& collection) {
  while (true) {
    // Cascades may take later rows of a round with them, so each is looked for
    // again.
    SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> ids,
                            SomeIds(scope.connection, collection));
    if (ids.empty()) return absl::OkStatus();
    for (const std::string& id : ids) {
      SLUICE_ASSIGN_OR_RETURN(const std::optional<Record> record,
                              FindRecord(scope.connection, collection, id));
      if (record) SLUICE_RETURN_IF_ERROR(DeleteRecord(scope, *record));
    }
  }
}

}  // namespace sluice::writes
