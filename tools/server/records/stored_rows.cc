// Tested by tests/oracle.
#include "tools/server/records/stored_rows.h"

#include "sluice/binder.h"
#include "sluice/mutations.h"
#include "sluice/sql.h"
#include "tools/server/records/query.h"
#include "tools/server/store/row_lookups.h"

namespace sluice::records {
namespace {

// Every field's column, in the order of the fields.
SelectOptions AllColumns(const Collection& collection) {
  SelectOptions options;
  for (const Field& field : collection.fields) options.columns.push_back(field.name);
  return options;
}

}  // namespace

StoredRecord::StoredRecord(const Collection& collection, const store::Statement& row)
    : collection_(collection) {
  values_.reserve(collection.fields.size());
  for (std::size_t i = 0; i < collection.fields.size(); ++i)
    values_.push_back(Value::From(row.Column(static_cast<int>(i))));
}

ValueView StoredRecord::Get(const Field& field) const {
  const std::size_t position = static_cast<std::size_t>(&field - collection_.fields.data());
  return position < values_.size() ? values_[position].view() : ValueView::Null();
}

StatusOr<RowSource::Rows> StoredRows::Run(const Plan& plan) {
  Rows rows;
  const SqlStatement statement = SelectRows(plan, Sqlite(), AllColumns(*plan.collection));
  SLUICE_RETURN_IF_ERROR(
      RunStatement(connection_, plan, statement, {}, [&](const store::Statement& row) {
        rows.push_back(std::make_shared<StoredRecord>(*plan.collection, row));
        return absl::OkStatus();
      }));
  return rows;
}

StatusOr<RowSource::Rows> StoredRows::FindById(const Collection& collection, std::string_view id) {
  SLUICE_ASSIGN_OR_RETURN(
      store::Statement * prepared,
      connection_.Prepare(kept_ != nullptr ? store::RowLookups::Of(*kept_, collection).row.text
                                           : SelectRow(collection, Sqlite()).text));
  const store::StatementUse use(prepared);
  use->Bind(1, ValueView::Text(id));
  Rows rows;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    if (!row) return rows;
    rows.push_back(std::make_shared<StoredRecord>(collection, *use));
  }
}

StatusOr<RowSource::Rows> StoredRows::FindByField(const Collection& collection, const Field& field,
                                                  std::string_view value) {
  Query query;
  query.collection = &collection;
  SLUICE_ASSIGN_OR_RETURN(Plan plan, Bind(query, schema_, {.filter_mode = BindMode::kOpen}));
  plan.slots.push_back(Slot{SlotSource::kIds, Value::Text(std::string(value)), field.name});
  plan.exprs.emplace_back(ColumnExpr{kBaseVar, &field});
  plan.exprs.emplace_back(SlotExpr{static_cast<SlotId>(plan.slots.size() - 1)});
  const auto last = static_cast<ExprId>(plan.exprs.size() - 1);
  plan.conds.emplace_back(CompareCond{CompareForm::kEqual, last - 1, last});
  plan.condition = static_cast<CondId>(plan.conds.size() - 1);
  return Run(plan);
}

StatusOr<RowSource::Rows> StoredRows::All(const Collection& collection) {
  Query query;
  query.collection = &collection;
  SLUICE_ASSIGN_OR_RETURN(const Plan plan, Bind(query, schema_, {.filter_mode = BindMode::kOpen}));
  return Run(plan);
}

}  // namespace sluice::records
