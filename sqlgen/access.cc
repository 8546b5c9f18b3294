// Tested by tests/sqlgen/access_test.cc, its answers by tests/oracle.
#include "sqlgen/access.h"

#include <algorithm>

namespace sluice {
namespace {

const Index* IndexOn(const Collection& collection, std::string_view column) {
  for (const Index& index : collection.indexes) {
    if (index.where.empty() && !index.columns.empty() && EqualsIgnoreCase(index.columns[0], column))
      return &index;
  }
  return nullptr;
}

void AddConjuncts(const Plan& plan, CondId id, std::vector<const CompareCond*>& compares) {
  if (const auto* compare = std::get_if<CompareCond>(&plan.conds[id])) compares.push_back(compare);
  const auto* junction = std::get_if<JunctionCond>(&plan.conds[id]);
  if (junction == nullptr || junction->op != LogicalOp::kAnd) return;
  for (CondId term : junction->terms) AddConjuncts(plan, term, compares);
}

}  // namespace

std::vector<const CompareCond*> Conjuncts(const Plan& plan, CondId id) {
  std::vector<const CompareCond*> compares;
  AddConjuncts(plan, id, compares);
  return compares;
}

const Field* EquatedColumn(const Plan& plan, const CompareCond& compare, VarId var) {
  if (compare.form != CompareForm::kEqual) return nullptr;
  for (const auto& [one, other] :
       {std::pair{compare.left, compare.right}, std::pair{compare.right, compare.left}}) {
    const auto* column = std::get_if<ColumnExpr>(&plan.exprs[one]);
    if (column != nullptr && column->var == var &&
        std::holds_alternative<SlotExpr>(plan.exprs[other]))
      return column->field;
  }
  return nullptr;
}

namespace {

bool IsSimple(const Plan& plan, CondId id) {
  const Cond& cond = plan.conds[id];
  if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
    return std::all_of(junction->terms.begin(), junction->terms.end(),
                       [&plan](CondId term) { return IsSimple(plan, term); });
  }
  return !std::holds_alternative<ExistsCond>(cond) && !std::holds_alternative<AllValuesCond>(cond);
}

}  // namespace

bool IsAlone(const Plan& plan, const ExistsCond& exists) {
  const auto own = [&exists](VarId var) {
    return std::find(exists.variables.begin(), exists.variables.end(), var) !=
           exists.variables.end();
  };
  for (std::size_t i = 1; i < exists.variables.size(); ++i) {
    const Variable& var = plan.variables[exists.variables[i]];
    if (var.domain != Domain::kRelation && var.domain != Domain::kElements &&
        var.domain != Domain::kBack)
      return false;
    if (!own(var.parent)) return false;
  }
  bool alone = IsSimple(plan, exists.condition);
  VisitCondVariables(plan, exists.condition, [&](VarId var) { alone = alone && own(var); });
  return alone;
}

bool BaseIsNarrow(const Plan& plan) {
  for (const CompareCond* compare : Conjuncts(plan, plan.condition)) {
    const Field* field = EquatedColumn(plan, *compare, kBaseVar);
    if (field != nullptr &&
        (field->name == "id" || IndexOn(*plan.collection, field->name) != nullptr))
      return true;
  }
  return false;
}

const Field* SortColumn(const Plan& plan, const SortTerm& term) {
  if (term.kind != SortKind::kExpression) return nullptr;
  const auto* column = std::get_if<ColumnExpr>(&plan.exprs[term.expr]);
  return column != nullptr && column->var == kBaseVar ? column->field : nullptr;
}

bool IndexGivesOrder(const Plan& plan) {
  const Field* first = plan.sort.empty() ? nullptr : SortColumn(plan, plan.sort[0]);
  if (first == nullptr) return true;  // by row id, or by what no index has
  if (first->name == "id") return true;
  std::vector<std::string_view> fixed;
  for (const CompareCond* compare : Conjuncts(plan, plan.condition)) {
    if (const Field* field = EquatedColumn(plan, *compare, kBaseVar)) fixed.push_back(field->name);
  }
  for (const Index& index : plan.collection->indexes) {
    if (!index.where.empty()) continue;
    for (const std::string& column : index.columns) {
      if (EqualsIgnoreCase(column, first->name)) return true;
      if (std::find(fixed.begin(), fixed.end(), column) == fixed.end()) break;
    }
  }
  return false;
}

bool IsTotalOrder(const Plan& plan) {
  return std::any_of(plan.sort.begin(), plan.sort.end(), [&plan](const SortTerm& term) {
    const Field* column = SortColumn(plan, term);
    return term.kind == SortKind::kRowId || (column != nullptr && column->name == "id");
  });
}

std::optional<ListProbe> FindListProbe(const Plan& plan, const ExistsCond& exists) {
  for (const CompareCond* compare : Conjuncts(plan, exists.condition)) {
    if (compare->form != CompareForm::kEqual) continue;
    for (const auto& [one, other] :
         {std::pair{compare->left, compare->right}, std::pair{compare->right, compare->left}}) {
      const auto* slot = std::get_if<SlotExpr>(&plan.exprs[other]);
      if (slot == nullptr) continue;
      VarId elements = 0;
      if (const auto* element = std::get_if<ElementExpr>(&plan.exprs[one])) {
        elements = element->var;
      } else if (const auto* column = std::get_if<ColumnExpr>(&plan.exprs[one])) {
        const Variable& row = plan.variables[column->var];
        if (row.domain == Domain::kRelation && column->field->name == "id") elements = row.parent;
      }
      if (elements == 0 || plan.variables[elements].domain != Domain::kElements) continue;
      if (std::find(exists.variables.begin(), exists.variables.end(), elements) ==
          exists.variables.end())
        continue;
      const Variable& list = plan.variables[elements];
      const Collection* owner = plan.variables[list.parent].collection;
      const Field* field = owner == nullptr ? nullptr : owner->FindField(list.column);
      if (field != nullptr) return ListProbe{list.parent, field, slot->slot};
    }
  }
  return std::nullopt;
}

std::vector<CondId> CheapestFirst(const Plan& plan, const std::vector<CondId>& terms) {
  const auto price = [&plan](CondId id) {
    if (IsSimple(plan, id)) return 0;
    // Most rows are passed over by their text.
    const auto* exists = std::get_if<ExistsCond>(&plan.conds[id]);
    return exists != nullptr && FindListProbe(plan, *exists) ? 1 : 2;
  };
  std::vector<CondId> ordered = terms;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [&price](CondId a, CondId b) { return price(a) < price(b); });
  return ordered;
}

}  // namespace sluice
