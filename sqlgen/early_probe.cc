// Tested by tests/sqlgen/select_test.cc, its answers by tests/oracle.
#include "sqlgen/early_probe.h"

#include <algorithm>
#include <span>

#include "sqlgen/cond_printer.h"

namespace sluice {
namespace {

// How often each variable is mentioned, as a parent too.
std::vector<int> CountUses(const Plan& plan) {
  std::vector<int> uses(plan.variables.size());
  const auto count = [&uses](VarId var) { ++uses[var]; };
  VisitCondVariables(plan, plan.condition, count);
  for (const SortTerm& term : plan.sort) {
    if (term.kind == SortKind::kExpression) VisitExprVariables(plan, term.expr, count);
  }
  for (VarId var = 1; var < plan.variables.size(); ++var) ++uses[plan.variables[var].parent];
  return uses;
}

// The far row that `term` asks for.
std::optional<VarId> FarRow(const Plan& plan, CondId term) {
  const auto* compare = std::get_if<CompareCond>(&plan.conds[term]);
  if (compare == nullptr || compare->form != CompareForm::kLike) return std::nullopt;
  const auto* column = std::get_if<ColumnExpr>(&plan.exprs[compare->left]);
  if (column == nullptr || !std::holds_alternative<SlotExpr>(plan.exprs[compare->right]))
    return std::nullopt;
  const Variable& var = plan.variables[column->var];
  const bool far = var.domain == Domain::kRelation && var.to_one && var.parent != kBaseVar;
  return far && !var.bound ? std::optional(column->var) : std::nullopt;
}

}  // namespace

std::vector<VarId> EarlyProbes(const Plan& plan) {
  const auto* junction = std::get_if<JunctionCond>(&plan.conds[plan.condition]);
  const bool several = junction != nullptr && junction->op == LogicalOp::kAnd;
  const std::span<const CondId> terms =
      several ? std::span<const CondId>(junction->terms) : std::span(&plan.condition, 1);
  std::vector<VarId> rows;
  std::vector<int> uses;
  for (const CondId term : terms) {
    const std::optional<VarId> row = FarRow(plan, term);
    if (!row) continue;
    if (uses.empty()) uses = CountUses(plan);
    if (uses[*row] == 1) rows.push_back(*row);
  }
  return rows;
}

std::optional<VarId> ProbeOf(const Plan& plan, CondId term, const std::vector<VarId>& probes) {
  if (probes.empty()) return std::nullopt;
  const std::optional<VarId> row = FarRow(plan, term);
  const bool probed = row && std::find(probes.begin(), probes.end(), *row) != probes.end();
  return probed ? row : std::nullopt;
}

void AppendProbe(SqlWriter& out, const Plan& plan, CondId term, VarId row) {
  out << "(SELECT ";
  AppendCondition(out, plan, term);
  out << " FROM ";
  out.dialect().AppendSource(out, plan, row);
  out << " WHERE ";
  out.dialect().AppendJoinCondition(out, plan, row);
  out << ")";
}

}  // namespace sluice
