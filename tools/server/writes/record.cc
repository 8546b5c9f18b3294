// Tested by tests/server/writes_record_test.cc.
#include "tools/server/writes/record.h"

#include <algorithm>

#include "sluice/mutations.h"
#include "sluice/plan.h"
#include "sluice/sql.h"
#include "tools/server/records/query.h"

namespace sluice::writes {
namespace {

const fields::FieldValue& None() {
  static const fields::FieldValue none;
  return none;
}

Record ReadRecord(const Collection& collection, const store::Statement& row) {
  Record record;
  record.collection = &collection;
  record.columns.reserve(collection.fields.size());
  record.values.reserve(collection.fields.size());
  for (std::size_t i = 0; i < collection.fields.size(); ++i) {
    const ValueView column = row.Column(static_cast<int>(i));
    record.columns.push_back(Value::From(column));
    record.values.push_back(fields::FromColumn(collection.fields[i], column));
  }
  record.before = record.values;
  return record;
}

// `column = text` for each match, as a plan of its own: these are no filters
// of a client's, so nothing is to be parsed.
Plan MatchPlan(const Collection& collection, const std::vector<FieldMatch>& matches) {
  Plan plan;
  plan.collection = &collection;
  plan.variables.push_back(Variable{.domain = Domain::kBase, .collection = &collection});
  const auto add_expr = [&plan](Expr expr) {
    plan.exprs.push_back(std::move(expr));
    return static_cast<ExprId>(plan.exprs.size() - 1);
  };
  JunctionCond all{.op = LogicalOp::kAnd, .terms = {}};
  for (const FieldMatch& match : matches) {
    const Field* field = collection.FindField(match.field);
    plan.slots.push_back(
        Slot{SlotSource::kIds, Value::Text(match.value), std::string(match.field)});
    const ExprId left = add_expr(ColumnExpr{kBaseVar, field});
    const ExprId right = add_expr(SlotExpr{static_cast<SlotId>(plan.slots.size() - 1)});
    plan.conds.emplace_back(CompareCond{CompareForm::kEqual, left, right});
    all.terms.push_back(static_cast<CondId>(plan.conds.size() - 1));
  }
  plan.conds.emplace_back(std::move(all));
  plan.condition = static_cast<CondId>(plan.conds.size() - 1);
  return plan;
}

StatusOr<std::vector<Record>> Select(store::Connection& connection, const Collection& collection,
                                     const std::vector<FieldMatch>& matches, std::int64_t limit) {
  std::vector<Record> found;
  for (const FieldMatch& match : matches) {
    if (collection.FindField(match.field) == nullptr) return found;
  }
  const Plan plan = MatchPlan(collection, matches);
  SelectOptions options;
  options.limit = true;
  for (const Field& field : collection.fields) options.columns.push_back(field.name);
  SLUICE_RETURN_IF_ERROR(records::RunStatement(connection, plan,
                                               SelectRows(plan, Sqlite(), options), {limit, 0},
                                               [&](const store::Statement& row) {
                                                 found.push_back(ReadRecord(collection, row));
                                                 return absl::OkStatus();
                                               }));
  return found;
}

// By an index, where the field has one in that letter case. Where case is ignored
// and rows differ in nothing else, the one as written.
StatusOr<std::optional<Record>> FindByText(store::Connection& connection,
                                           const Collection& collection, const FieldMatch& match,
                                           LetterCase letter_case) {
  const RowStatement select = SelectByText(
      collection, match.field,
      letter_case == LetterCase::kIgnored ? TextMatch::kIgnoringCase : TextMatch::kExact, Sqlite());
  std::optional<Record> found;
  if (select.text.empty()) return found;
  SLUICE_ASSIGN_OR_RETURN(store::Statement * statement, connection.Prepare(select.text));
  const store::StatementUse use(statement);
  use->Bind(1, ValueView::Text(match.value));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    if (!row) return found;
    Record record = ReadRecord(collection, *use);
    const bool as_written = record.Get(match.field).text == match.value;
    if (!found || as_written) found = std::move(record);
    if (as_written) return found;
  }
}

}  // namespace

int FieldIndex(const Collection& collection, std::string_view name) {
  const auto& all = collection.fields;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [name](const Field& field) { return field.name == name; });
  return found == all.end() ? -1 : static_cast<int>(found - all.begin());
}

const std::string& Record::id() const { return Get("id").text; }

const fields::FieldValue& Record::Get(std::string_view field) const {
  const int index = FieldIndex(*collection, field);
  return index < 0 ? None() : values[static_cast<std::size_t>(index)];
}

fields::FieldValue& Record::Get(std::string_view field) {
  return values[static_cast<std::size_t>(FieldIndex(*collection, field))];
}

const fields::FieldValue& Record::Before(std::string_view field) const {
  const int index = FieldIndex(*collection, field);
  return index < 0 || before.empty() ? None() : before[static_cast<std::size_t>(index)];
}

Record NewRecord(const Collection& collection) {
  Record record;
  record.collection = &collection;
  record.values.reserve(collection.fields.size());
  for (const Field& field : collection.fields) record.values.push_back(fields::EmptyValue(field));
  return record;
}

StatusOr<std::optional<Record>> FindRecord(store::Connection& connection,
                                           const Collection& collection, std::string_view id) {
  const RowStatement select = SelectRow(collection, Sqlite());
  SLUICE_ASSIGN_OR_RETURN(store::Statement * statement, connection.Prepare(select.text));
  const store::StatementUse use(statement);
  use->Bind(1, ValueView::Text(id));
  SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
  if (!row) return std::nullopt;
  return ReadRecord(collection, *use);
}

StatusOr<std::optional<Record>> FindRecordBy(store::Connection& connection,
                                             const Collection& collection,
                                             const std::vector<FieldMatch>& matches,
                                             LetterCase letter_case) {
  if (matches.size() == 1 && !matches.front().value.empty())
    return FindByText(connection, collection, matches.front(), letter_case);
  SLUICE_ASSIGN_OR_RETURN(std::vector<Record> found, Select(connection, collection, matches, 1));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

StatusOr<std::vector<Record>> FindRecordsBy(store::Connection& connection,
                                            const Collection& collection,
                                            const std::vector<FieldMatch>& matches) {
  return Select(connection, collection, matches, -1);
}

RecordColumns::RecordColumns(const Record& record) : collection_(*record.collection) {
  values_.reserve(record.values.size());
  for (std::size_t i = 0; i < record.values.size(); ++i)
    values_.push_back(fields::ToColumn(collection_.fields[i], record.values[i]));
}

ValueView RecordColumns::Get(const Field& field) const {
  const auto position = static_cast<std::size_t>(&field - collection_.fields.data());
  return position < values_.size() ? values_[position].view() : ValueView::Null();
}

void RecordColumns::Set(std::string_view field, Value value) {
  const int index = FieldIndex(collection_, field);
  if (index >= 0) values_[static_cast<std::size_t>(index)] = std::move(value);
}

}  // namespace sluice::writes
