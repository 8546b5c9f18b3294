// Tested by tests/server/records_plan_cost_test.cc.
#include "tools/server/records/plan_cost.h"

#include <algorithm>
#include <optional>

#include "sluice/simplify.h"

namespace sluice::records {
namespace {

// Bytes that take as long as a look: of a text that LIKE searches, of JSON that
// is read.
constexpr double kLikeBytes = 64;
constexpr double kJsonBytes = 16;
constexpr double kFunctionLooks = 4;  // strftime, geoDistance
// What a comparison leaves of the rows it narrows.
constexpr double kShare = 0.001;
// Bytes of an id in a JSON list.
constexpr double kIdBytes = 18;

// How a term of a conjunction narrows the rows of a variable.
enum class Narrows : std::uint8_t { kNot, kToHalf, kToShare, kToOne, kToOneByIndex };

bool IsEquality(CompareForm form) {
  return form == CompareForm::kEqual || form == CompareForm::kIs ||
         form == CompareForm::kCoalesceEqual;
}

bool IsInequality(CompareForm form) {
  switch (form) {
    case CompareForm::kIsNot:
    case CompareForm::kNotEqual:
    case CompareForm::kLeftNotEmpty:
    case CompareForm::kRightNotEmpty:
    case CompareForm::kCoalesceNotEqual:
    case CompareForm::kNotLike:
    case CompareForm::kNotLikeContains:
      return true;
    default:
      return false;
  }
}

bool IsLike(CompareForm form) {
  return form == CompareForm::kLike || form == CompareForm::kNotLike ||
         form == CompareForm::kLikeContains || form == CompareForm::kNotLikeContains;
}

class Estimator {
 public:
  Estimator(const Plan& plan, SizesOf sizes) : plan_(plan), sizes_(sizes) {}

  PlanCost Run() {
    std::vector<CondId> terms = Terms(plan_.condition);
    PlanCost cost;
    const std::vector<VarId> joined = UsedFreeVariables(plan_, true);
    cost.joins = static_cast<double>(joined.size());
    const Level base = Meet(kBaseVar, {kBaseVar}, terms, true);
    cost.scan = base.looked_at * (1 + base.each);
    cost.rows = base.left;
    cost.per_row = base.nested + Loop(joined, {kBaseVar}, std::move(terms), true);
    cost.once = once_;
    cost.joins += joins_;
    for (const SortTerm& term : plan_.sort) {
      cost.sorted |= term.kind == SortKind::kRandom;
      if (term.kind != SortKind::kExpression) continue;
      const auto* column = std::get_if<ColumnExpr>(&plan_.expr(term.expr));
      cost.sorted |= column == nullptr || column->var != kBaseVar;
    }
    return cost;
  }

 private:
  // What one variable adds to a loop, for each row of the loops around it.
  struct Level {
    double looked_at = 0;
    double each = 0;    // of each row looked at
    double left = 0;    // rows that go on
    double nested = 0;  // of each of these: conditions with loops of their own
  };

  const store::TableSizes& SizesFor(VarId var) const {
    return sizes_(*plan_.variables[var].collection);
  }

  std::vector<CondId> Terms(CondId id) const {
    const auto* junction = std::get_if<JunctionCond>(&plan_.cond(id));
    if (junction != nullptr && junction->op == LogicalOp::kAnd) return junction->terms;
    return {id};
  }

  bool HasLoops(CondId id) const {
    const Cond& cond = plan_.cond(id);
    if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
      return std::any_of(junction->terms.begin(), junction->terms.end(),
                         [this](CondId term) { return HasLoops(term); });
    }
    return std::holds_alternative<ExistsCond>(cond) || std::holds_alternative<AllValuesCond>(cond);
  }

  // Rows of a domain for one row of its parent, and those that have to be looked
  // at to find them.
  struct Domained {
    double rows = 1;
    double looked_at = 1;
  };
  Domained RowsOf(VarId id) const {
    const Variable& var = plan_.variables[id];
    switch (var.domain) {
      case Domain::kElements: {
        const Collection* owner = plan_.variables[var.parent].collection;
        const double length =
            owner == nullptr ? 1 : std::max(1.0, Bytes(*owner, var.column) / kIdBytes);
        return {length, length};
      }
      case Domain::kBack: {
        const double rows = RowsPerValue(var);
        return {rows, rows};
      }
      case Domain::kBackElements: {
        // No index knows the elements.
        const double all = SizesFor(id).rows;
        const double length = std::max(1.0, Bytes(*var.collection, var.column) / kIdBytes);
        return {std::max(1.0, all * length / ParentRows(var)), all};
      }
      case Domain::kBase:
      case Domain::kCollection: {
        const double rows = SizesFor(id).rows;
        return {rows, rows};
      }
      case Domain::kSameId:
      case Domain::kRelation:
      case Domain::kAuth:
      case Domain::kSlotRows:
      case Domain::kSlotElements:
        return {1, 1};
    }
    return {1, 1};
  }

  double ParentRows(const Variable& var) const {
    return plan_.variables[var.parent].collection == nullptr ? 1 : SizesFor(var.parent).rows;
  }
  double RowsPerValue(const Variable& var) const {
    const store::TableSizes& sizes = sizes_(*var.collection);
    const auto known = sizes.rows_per_value.find(var.column);
    if (known != sizes.rows_per_value.end()) return known->second;
    return std::max(1.0, sizes.rows / ParentRows(var));
  }
  double Bytes(const Collection& collection, std::string_view column) const {
    const store::TableSizes& sizes = sizes_(collection);
    const auto found = sizes.bytes.find(column);
    return found == sizes.bytes.end() ? 0 : found->second;
  }
  double Bytes(VarId var, const Field& field) const {
    const Collection* collection = plan_.variables[var].collection;
    return collection == nullptr ? 0 : Bytes(*collection, field.name);
  }

  Narrows HowNarrows(CondId id, VarId var) const {
    const auto* compare = std::get_if<CompareCond>(&plan_.cond(id));
    if (compare == nullptr) {
      if (std::holds_alternative<ConstantCond>(plan_.cond(id)) || HasLoops(id))
        return Narrows::kNot;
      return Narrows::kToShare;
    }
    // Of the base, rows that a request is not about may well be ruled out so.
    if (IsInequality(compare->form)) return var == kBaseVar ? Narrows::kToShare : Narrows::kNot;
    if (!IsEquality(compare->form))
      return IsLike(compare->form) || !Joins(*compare) ? Narrows::kToShare : Narrows::kToHalf;
    if (compare->form != CompareForm::kEqual) return Narrows::kToOne;
    for (const auto& [one, other] :
         {std::pair{compare->left, compare->right}, std::pair{compare->right, compare->left}}) {
      const auto* column = std::get_if<ColumnExpr>(&plan_.expr(one));
      if (column == nullptr || column->var != var) continue;
      bool of_others = true;
      VisitExprVariables(plan_, other, [&](VarId used) { of_others &= used != var; });
      if (of_others) return Narrows::kToOneByIndex;
    }
    return Narrows::kToOne;
  }

  static double Left(Narrows narrows, double rows) {
    switch (narrows) {
      case Narrows::kNot:
        return rows;
      case Narrows::kToHalf:
        return std::max(1.0, rows / 2);
      case Narrows::kToShare:
        return std::max(1.0, rows * kShare);
      case Narrows::kToOne:
      case Narrows::kToOneByIndex:
        return 1;
    }
    return rows;
  }

  // Whether the comparison is of rows of two variables.
  bool Joins(const CompareCond& compare) const {
    std::optional<VarId> first;
    bool several = false;
    for (ExprId side : {compare.left, compare.right}) {
      VisitExprVariables(plan_, side, [&](VarId var) {
        several |= first && *first != var;
        first = var;
      });
    }
    return several;
  }

  // Takes out of `terms` those that can be asked once `var` has a row; `known`
  // are all variables that have one then.
  Level Meet(VarId var, const std::vector<VarId>& known, std::vector<CondId>& terms,
             bool may_narrow) {
    const Domained domain = RowsOf(var);
    Level level;
    Narrows narrows = Narrows::kNot;
    std::vector<CondId> left;
    for (CondId term : terms) {
      if (!Knows(known, term)) {
        left.push_back(term);
        continue;
      }
      (HasLoops(term) ? level.nested : level.each) += CondCost(term, known);
      if (may_narrow) narrows = std::max(narrows, HowNarrows(term, var));
    }
    terms = std::move(left);
    level.looked_at = narrows == Narrows::kToOneByIndex ? 1 : domain.looked_at;
    level.left = Left(narrows, domain.rows);
    return level;
  }

  // Whether the domain does not depend on another variable's row.
  bool IsRooted(VarId id) const {
    const Domain domain = plan_.variables[id].domain;
    return domain == Domain::kCollection || domain == Domain::kAuth ||
           domain == Domain::kSlotRows || domain == Domain::kSlotElements;
  }

  // Whether all that the condition hangs on is known.
  bool Knows(const std::vector<VarId>& known, CondId id) const {
    const auto knows = [&known](VarId var) {
      return std::find(known.begin(), known.end(), var) != known.end();
    };
    const Cond& cond = plan_.cond(id);
    if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
      return std::all_of(junction->terms.begin(), junction->terms.end(),
                         [&](CondId term) { return Knows(known, term); });
    }
    if (const auto* exists = std::get_if<ExistsCond>(&cond))
      return KnowsLoop(known, exists->variables, exists->condition);
    if (const auto* values = std::get_if<AllValuesCond>(&cond))
      return KnowsLoop(known, values->variables, values->condition);
    bool all = true;
    VisitCondVariables(plan_, id, [&](VarId var) { all &= knows(var); });
    return all;
  }
  bool KnowsLoop(std::vector<VarId> known, const std::vector<VarId>& variables, CondId id) const {
    for (VarId var : variables) {
      const VarId parent = plan_.variables[var].parent;
      if (!IsRooted(var) && std::find(known.begin(), known.end(), parent) == known.end())
        return false;
      known.push_back(var);
    }
    return Knows(known, id);
  }

  // Of all rows that the variables range over together, `outer` having theirs.
  double Loop(const std::vector<VarId>& variables, std::vector<VarId> outer,
              std::vector<CondId> terms, bool may_narrow) {
    double cost = 0;
    double rows = 1;
    for (VarId var : variables) {
      outer.push_back(var);
      const Level level = Meet(var, outer, terms, may_narrow);
      cost += rows * (level.looked_at * (1 + level.each) + level.left * level.nested);
      rows *= level.left;
    }
    for (CondId term : terms) cost += rows * CondCost(term, outer);
    return cost;
  }

  double Quantified(const std::vector<VarId>& variables, CondId condition,
                    const std::vector<VarId>& known, std::vector<CondId> terms, bool may_narrow) {
    joins_ += static_cast<double>(variables.size());
    const double cost = Loop(variables, known, std::move(terms), may_narrow);
    // What no row around it has a say in is run once, by SQLite, too.
    if (!KnowsLoop({}, variables, condition)) return cost;
    once_ += cost;
    return 1;
  }

  double CondCost(CondId id, const std::vector<VarId>& known) {
    const Cond& cond = plan_.cond(id);
    if (const auto* compare = std::get_if<CompareCond>(&cond)) return CompareCost(*compare, known);
    if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
      double cost = 0;
      for (CondId term : junction->terms) cost += CondCost(term, known);
      return cost;
    }
    if (const auto* exists = std::get_if<ExistsCond>(&cond))
      return Quantified(exists->variables, exists->condition, known, Terms(exists->condition),
                        true);
    // All values are looked at until one objects: nothing narrows them.
    if (const auto* all = std::get_if<AllValuesCond>(&cond))
      return Quantified(all->variables, all->condition, known, {all->condition}, false);
    return 1;
  }

  double CompareCost(const CompareCond& compare, const std::vector<VarId>& known) {
    double cost = 1;
    for (ExprId side : {compare.left, compare.right}) {
      cost += ExprCost(side, known);
      if (IsLike(compare.form)) cost += TextBytes(side) / kLikeBytes;
    }
    return cost;
  }

  double TextBytes(ExprId id) const {
    const Expr& expr = plan_.expr(id);
    if (const auto* column = std::get_if<ColumnExpr>(&expr))
      return Bytes(column->var, *column->field);
    if (const auto* json = std::get_if<JsonExpr>(&expr)) return Bytes(json->var, *json->field);
    if (const auto* lower = std::get_if<LowerExpr>(&expr)) return TextBytes(lower->argument);
    return 0;
  }

  double ExprCost(ExprId id, const std::vector<VarId>& known) {
    const Expr& expr = plan_.expr(id);
    if (const auto* json = std::get_if<JsonExpr>(&expr))
      return 1 + Bytes(json->var, *json->field) / kJsonBytes;
    if (const auto* length = std::get_if<LengthExpr>(&expr))
      return 1 + Bytes(length->var, *length->field) / kJsonBytes;
    if (const auto* lower = std::get_if<LowerExpr>(&expr))
      return 1 + TextBytes(lower->argument) / kLikeBytes + ExprCost(lower->argument, known);
    if (const auto* condition = std::get_if<ConditionExpr>(&expr))
      return CondCost(condition->condition, known);
    double cost = 0;
    if (const auto* strftime = std::get_if<StrftimeExpr>(&expr)) {
      cost = kFunctionLooks;
      for (ExprId argument : strftime->arguments) cost += ExprCost(argument, known);
    } else if (const auto* distance = std::get_if<GeoDistanceExpr>(&expr)) {
      cost = kFunctionLooks;
      for (ExprId argument : distance->arguments) cost += ExprCost(argument, known);
    }
    return cost;
  }

  const Plan& plan_;
  SizesOf sizes_;
  double once_ = 0;
  double joins_ = 0;
};

}  // namespace

double PlanCost::For(double rows_asked) const {
  if (rows_asked < 0 || sorted) return once + scan + rows * per_row;
  return once + std::min(scan, rows_asked) + std::min(rows, rows_asked) * per_row;
}

PlanCost EstimateCost(const Plan& plan, SizesOf sizes) { return Estimator(plan, sizes).Run(); }

}  // namespace sluice::records
