#include "tools/server/records/query.h"

#include <utility>

#include "sluice/simplify.h"

namespace sluice::records {

StatusOr<Plan> MakePlan(const Caller& caller, const Query& query, BindMode filter_mode,
                        bool virtual_row) {
  BindOptions options;
  options.filter_mode = filter_mode;
  options.request = &caller.request;
  options.virtual_row = virtual_row;
  options.strict = caller.snapshot.strict;
  SLUICE_ASSIGN_OR_RETURN(Plan plan, Bind(query, caller.schema(), options));
  return Simplify(std::move(plan));
}

namespace {

Status Run(store::Statement& prepared, const SlotValues& values, const SqlStatement& statement,
           const Page& page, OnRow on_row) {
  const store::StatementUse use(&prepared);
  for (std::size_t i = 0; i < statement.params.size(); ++i) {
    const Param& param = statement.params[i];
    const int number = static_cast<int>(i) + 1;
    if (param.kind == ParamKind::kSlot) {
      use->Bind(number, values.Get(param.slot));
    } else {
      use->Bind(number,
                ValueView::Integer(param.kind == ParamKind::kLimit ? page.limit : page.offset));
    }
  }
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    if (!row) return absl::OkStatus();
    SLUICE_RETURN_IF_ERROR(on_row(*use));
  }
}

}  // namespace

Status RunStatement(store::Connection& connection, const Plan& plan, const SqlStatement& statement,
                    const Page& page, OnRow on_row) {
  SLUICE_ASSIGN_OR_RETURN(store::Statement * prepared, connection.Prepare(statement.text));
  return Run(*prepared, SlotValues(plan), statement, page, on_row);
}

Status RunStatement(store::Connection& connection, const SlotValues& values,
                    KeptStatement& statement, const Page& page, OnRow on_row) {
  SLUICE_ASSIGN_OR_RETURN(store::Statement * prepared,
                          connection.Prepare(statement.sql.text, statement.hint));
  return Run(*prepared, values, statement.sql, page, on_row);
}

StatusOr<std::int64_t> RunCount(store::Connection& connection, const Plan& plan,
                                const Statistics* statistics) {
  KeptStatement statement{SelectCount(plan, Sqlite(), Lowering::kRewritten, statistics), {}};
  return RunCount(connection, SlotValues(plan), statement);
}

StatusOr<std::int64_t> RunCount(store::Connection& connection, const BoundPlan& plan) {
  return RunCount(connection, plan.values, plan.kept->Count());
}

StatusOr<std::int64_t> RunCount(store::Connection& connection, const SlotValues& values,
                                KeptStatement& statement) {
  std::int64_t count = 0;
  SLUICE_RETURN_IF_ERROR(
      RunStatement(connection, values, statement, {}, [&count](const store::Statement& row) {
        count = row.Column(0).integer;
        return absl::OkStatus();
      }));
  return count;
}

}  // namespace sluice::records
