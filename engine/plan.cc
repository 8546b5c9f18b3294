// Affinity of expressions (F-36), and which variables a node mentions.
#include "sluice/plan.h"

namespace sluice {

Affinity AffinityOf(const Plan& plan, ExprId id) {
  const Expr& expr = plan.exprs[id];
  if (const auto* column = std::get_if<ColumnExpr>(&expr)) {
    if (plan.virtual_row && column->var == kBaseVar) return Affinity::kNone;
    return column->field->affinity();
  }
  // json_each.value is a column without a declared type.
  if (std::holds_alternative<ElementExpr>(expr)) return Affinity::kBlob;
  return Affinity::kNone;
}

void VisitExprVariables(const Plan& plan, ExprId id, VisitVariable visit) {
  const Expr& expr = plan.exprs[id];
  if (const auto* column = std::get_if<ColumnExpr>(&expr)) {
    visit(column->var);
  } else if (const auto* json = std::get_if<JsonExpr>(&expr)) {
    visit(json->var);
  } else if (const auto* length = std::get_if<LengthExpr>(&expr)) {
    visit(length->var);
  } else if (const auto* element = std::get_if<ElementExpr>(&expr)) {
    visit(element->var);
  } else if (const auto* lower = std::get_if<LowerExpr>(&expr)) {
    VisitExprVariables(plan, lower->argument, visit);
  } else if (const auto* strftime = std::get_if<StrftimeExpr>(&expr)) {
    for (ExprId argument : strftime->arguments) VisitExprVariables(plan, argument, visit);
  } else if (const auto* geo = std::get_if<GeoDistanceExpr>(&expr)) {
    for (ExprId argument : geo->arguments) VisitExprVariables(plan, argument, visit);
  } else if (const auto* condition = std::get_if<ConditionExpr>(&expr)) {
    VisitCondVariables(plan, condition->condition, visit);
  }
}

void VisitCondVariables(const Plan& plan, CondId id, VisitVariable visit) {
  const Cond& cond = plan.conds[id];
  if (const auto* compare = std::get_if<CompareCond>(&cond)) {
    VisitExprVariables(plan, compare->left, visit);
    VisitExprVariables(plan, compare->right, visit);
  } else if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
    for (CondId term : junction->terms) VisitCondVariables(plan, term, visit);
  } else if (const auto* in = std::get_if<InListCond>(&cond)) {
    VisitExprVariables(plan, in->left, visit);
  } else if (!std::holds_alternative<ConstantCond>(cond)) {
    const bool exists = std::holds_alternative<ExistsCond>(cond);
    const auto& variables =
        exists ? std::get<ExistsCond>(cond).variables : std::get<AllValuesCond>(cond).variables;
    const CondId inner =
        exists ? std::get<ExistsCond>(cond).condition : std::get<AllValuesCond>(cond).condition;
    const auto is_own = [&](VarId var) {
      for (VarId own : variables) {
        if (own == var) return true;
      }
      return false;
    };
    const auto outside = [&](VarId var) {
      if (!is_own(var)) visit(var);
    };
    VisitCondVariables(plan, inner, outside);
    for (VarId var : variables) outside(plan.variables[var].parent);
  }
}

}  // namespace sluice
