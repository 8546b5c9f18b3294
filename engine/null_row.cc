// Abstract evaluation over "surely NULL", "surely not", "either": the exact
// three-valued outcomes that a condition can have when given variables are the
// all-NULL row. Tested by tests/engine/simplify_test.cc.
#include "engine/null_row.h"

#include <algorithm>

namespace sluice {
namespace {

enum class Nullness : std::uint8_t { kNull, kNotNull, kEither };

// A set of possible truths.
using Outcomes = unsigned;
constexpr Outcomes kF = 1, kT = 2, kU = 4, kAny = kF | kT | kU;

Outcomes Negate(Outcomes o) { return (o & kU) | ((o & kF) ? kT : 0) | ((o & kT) ? kF : 0); }

class NullRowAnalysis {
 public:
  NullRowAnalysis(const Plan& plan, VarId var) : plan_(plan), nulled_(plan.variables.size()) {
    nulled_[var] = true;
    // Children have greater ids than their parents; a kCollection row and its
    // kin do not depend on their parent.
    for (VarId child = var + 1; child < plan.variables.size(); ++child)
      nulled_[child] = DependsOnNulled(child);
  }

  Outcomes Of(CondId id) const {
    const Cond& cond = plan_.conds[id];
    if (const auto* compare = std::get_if<CompareCond>(&cond)) return OfCompare(*compare);
    if (const auto* constant = std::get_if<ConstantCond>(&cond)) {
      return constant->value == Truth::kTrue ? kT : constant->value == Truth::kFalse ? kF : kU;
    }
    if (const auto* junction = std::get_if<JunctionCond>(&cond)) return OfJunction(*junction);
    if (const auto* exists = std::get_if<ExistsCond>(&cond))
      return (Of(exists->condition) & kT) ? kT | kF : kF;
    if (const auto* all = std::get_if<AllValuesCond>(&cond))
      return (Of(all->condition) & kF) ? kT | kF : kT;
    return Null(std::get<InListCond>(cond).left) == Nullness::kNull ? kU : kAny;
  }

 private:
  bool DependsOnNulled(VarId var) const {
    const Variable& variable = plan_.variables[var];
    switch (variable.domain) {
      case Domain::kRelation:
      case Domain::kElements:
      case Domain::kBack:
      case Domain::kBackElements:
      case Domain::kSameId:
        return nulled_[variable.parent];
      case Domain::kBase:
      case Domain::kCollection:
      case Domain::kAuth:
      case Domain::kSlotRows:
      case Domain::kSlotElements:
        return false;
    }
    return false;
  }

  Nullness OfVar(VarId var) const { return nulled_[var] ? Nullness::kNull : Nullness::kEither; }
  static Nullness OfValue(const Value& value) {
    return value.is_null() ? Nullness::kNull : Nullness::kNotNull;
  }

  Nullness Null(ExprId id) const {
    const Expr& expr = plan_.exprs[id];
    if (const auto* column = std::get_if<ColumnExpr>(&expr)) return OfVar(column->var);
    if (const auto* json = std::get_if<JsonExpr>(&expr)) return OfVar(json->var);
    if (const auto* element = std::get_if<ElementExpr>(&expr)) return OfVar(element->var);
    if (std::holds_alternative<LengthExpr>(expr)) return Nullness::kNotNull;
    if (const auto* lower = std::get_if<LowerExpr>(&expr)) return Null(lower->argument);
    // A slot's value changes from request to request: only its being there
    // decides the plan's shape, so a bound value is surely not NULL.
    if (const auto* slot = std::get_if<SlotExpr>(&expr))
      return OfValue(plan_.slots[slot->slot].value);
    if (const auto* constant = std::get_if<ConstantExpr>(&expr)) return OfValue(constant->value);
    if (const auto* strftime = std::get_if<StrftimeExpr>(&expr))
      return AnyNull(strftime->arguments);
    if (const auto* geo = std::get_if<GeoDistanceExpr>(&expr)) return AnyNull(geo->arguments);
    return Nullness::kEither;
  }

  template <typename Ids>
  Nullness AnyNull(const Ids& ids) const {
    const bool any = std::any_of(ids.begin(), ids.end(),
                                 [this](ExprId id) { return Null(id) == Nullness::kNull; });
    return any ? Nullness::kNull : Nullness::kEither;
  }

  static Outcomes Is(Nullness l, Nullness r) {
    if (l == Nullness::kNull && r == Nullness::kNull) return kT;
    if ((l == Nullness::kNull && r == Nullness::kNotNull) ||
        (l == Nullness::kNotNull && r == Nullness::kNull))
      return kF;
    return kT | kF;
  }
  static Outcomes Empty(Nullness side) { return side == Nullness::kNull ? kT : kT | kF; }
  static Outcomes Coalesced(Nullness l, Nullness r) {
    return l == Nullness::kNull && r == Nullness::kNull ? kT : kT | kF;
  }
  static Outcomes Strict(Nullness l, Nullness r) {
    if (l == Nullness::kNull || r == Nullness::kNull) return kU;
    return l == Nullness::kNotNull && r == Nullness::kNotNull ? kT | kF : kAny;
  }

  Outcomes OfCompare(const CompareCond& compare) const {
    const Nullness l = Null(compare.left);
    const Nullness r = Null(compare.right);
    switch (compare.form) {
      case CompareForm::kIs:
        return Is(l, r);
      case CompareForm::kIsNot:
      case CompareForm::kNotEqual:
        return Negate(Is(l, r));
      case CompareForm::kLeftEmpty:
        return Empty(r);
      case CompareForm::kLeftNotEmpty:
        return Negate(Empty(r));
      case CompareForm::kRightEmpty:
        return Empty(l);
      case CompareForm::kRightNotEmpty:
        return Negate(Empty(l));
      case CompareForm::kCoalesceEqual:
        return Coalesced(l, r);
      case CompareForm::kCoalesceNotEqual:
        return Negate(Coalesced(l, r));
      case CompareForm::kEqual:
      case CompareForm::kGreater:
      case CompareForm::kGreaterEqual:
      case CompareForm::kLess:
      case CompareForm::kLessEqual:
      case CompareForm::kLike:
      case CompareForm::kNotLike:
      case CompareForm::kLikeContains:
      case CompareForm::kNotLikeContains:
        return Strict(l, r);
    }
    return kAny;
  }

  Outcomes OfJunction(const JunctionCond& junction) const {
    const bool conjunction = junction.op == LogicalOp::kAnd;
    Outcomes all = conjunction ? kT : kF;
    for (CondId term : junction.terms) {
      const Outcomes one = Of(term);
      Outcomes next = 0;
      for (Outcomes a : {kF, kT, kU}) {
        for (Outcomes b : {kF, kT, kU}) {
          if (!(all & a) || !(one & b)) continue;
          const Outcomes weak = conjunction ? kF : kT;
          next |= (a == weak || b == weak) ? weak : (a == kU || b == kU) ? kU : a;
        }
      }
      all = next;
    }
    return all;
  }

  const Plan& plan_;
  std::vector<bool> nulled_;
};

}  // namespace

bool RejectsNullRow(const Plan& plan, CondId cond, VarId var) {
  return !(NullRowAnalysis(plan, var).Of(cond) & kT);
}

bool NeverFalseOnNullRow(const Plan& plan, CondId cond, VarId var) {
  return !(NullRowAnalysis(plan, var).Of(cond) & kF);
}

}  // namespace sluice
