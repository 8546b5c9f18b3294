#include "tests/support/partition.h"

#include <array>

namespace sluice {
namespace {

// The three conditions that say what one condition comes to.
struct Parts {
  CondId is_true = 0;
  CondId is_false = 0;
  CondId is_unknown = 0;
};

class Partitioner {
 public:
  explicit Partitioner(const Plan& plan) : plan_(plan) {}

  std::optional<Plan> Run(Truth truth) {
    const std::optional<Parts> parts = Of(plan_.condition);
    if (!parts) return std::nullopt;
    plan_.condition = truth == Truth::kTrue    ? parts->is_true
                      : truth == Truth::kFalse ? parts->is_false
                                               : parts->is_unknown;
    return plan_;
  }

 private:
  CondId Add(Cond cond) {
    plan_.conds.push_back(std::move(cond));
    return static_cast<CondId>(plan_.conds.size() - 1);
  }
  CondId Constant(Truth truth) { return Add(ConstantCond{truth}); }
  CondId Join(LogicalOp op, std::vector<CondId> terms) {
    return terms.size() == 1 ? terms[0] : Add(JunctionCond{op, std::move(terms)});
  }
  CondId Compare(CompareForm form, ExprId left, ExprId right) {
    return Add(CompareCond{form, left, right});
  }
  CondId NullTest(CompareForm form, ExprId expr) {
    plan_.exprs.emplace_back(ConstantExpr{Value::Null()});
    return Compare(form, expr, static_cast<ExprId>(plan_.exprs.size() - 1));
  }

  // Conditions nest no deeper than their text.
  std::optional<Parts> Of(CondId id) {
    const Cond cond = plan_.conds[id];
    if (const auto* compare = std::get_if<CompareCond>(&cond)) return OfCompare(id, *compare);
    if (const auto* constant = std::get_if<ConstantCond>(&cond)) {
      const auto is = [&](Truth truth) {
        return Constant(constant->value == truth ? Truth::kTrue : Truth::kFalse);
      };
      return Parts{is(Truth::kTrue), is(Truth::kFalse), is(Truth::kUnknown)};
    }
    if (const auto* junction = std::get_if<JunctionCond>(&cond)) return OfJunction(*junction);
    if (const auto* all = std::get_if<AllValuesCond>(&cond)) {
      const std::optional<Parts> inner = Of(all->condition);
      if (!inner) return std::nullopt;
      const CondId some = Add(ExistsCond{all->variables, inner->is_false});
      return Parts{id, some, Constant(Truth::kFalse)};
    }
    return std::nullopt;
  }

  Parts OfCompare(CondId id, const CompareCond& compare) {
    using enum CompareForm;
    struct Complement {
      CompareForm form;
      CompareForm negated;
      bool three_valued;
    };
    static constexpr Complement kComplements[] = {
        {kIs, kIsNot, false},
        {kIsNot, kIs, false},
        {kEqual, kNotEqual, true},
        {kNotEqual, kIs, false},
        {kLeftEmpty, kLeftNotEmpty, false},
        {kLeftNotEmpty, kLeftEmpty, false},
        {kRightEmpty, kRightNotEmpty, false},
        {kRightNotEmpty, kRightEmpty, false},
        {kCoalesceEqual, kCoalesceNotEqual, false},
        {kCoalesceNotEqual, kCoalesceEqual, false},
        {kGreater, kLessEqual, true},
        {kGreaterEqual, kLess, true},
        {kLess, kGreaterEqual, true},
        {kLessEqual, kGreater, true},
        {kLike, kNotLike, true},
        {kNotLike, kLike, true},
        {kLikeContains, kNotLikeContains, true},
        {kNotLikeContains, kLikeContains, true},
    };
    for (const Complement& one : kComplements) {
      if (one.form != compare.form) continue;
      const CondId negated = Compare(one.negated, compare.left, compare.right);
      if (!one.three_valued) return {id, negated, Constant(Truth::kFalse)};
      const CondId unknown =
          Join(LogicalOp::kOr, {NullTest(kIs, compare.left), NullTest(kIs, compare.right)});
      // L IS NOT R is TRUE of a NULL and a value, where L = R is UNKNOWN.
      const CondId is_false = Join(LogicalOp::kAnd, {negated, NullTest(kIsNot, compare.left),
                                                     NullTest(kIsNot, compare.right)});
      return {id, is_false, unknown};
    }
    return {id, id, id};  // every form is in the table
  }

  // An AND is FALSE when some term is, UNKNOWN when none is FALSE and some is
  // UNKNOWN; an OR is the mirror image.
  std::optional<Parts> OfJunction(const JunctionCond& junction) {
    const bool is_and = junction.op == LogicalOp::kAnd;
    const LogicalOp all = is_and ? LogicalOp::kAnd : LogicalOp::kOr;
    const LogicalOp some = is_and ? LogicalOp::kOr : LogicalOp::kAnd;
    std::vector<CondId> is_true;
    std::vector<CondId> is_false;
    std::vector<CondId> is_unknown;
    std::vector<CondId> undecided;  // not what would decide the whole
    for (CondId term : junction.terms) {
      const std::optional<Parts> parts = Of(term);
      if (!parts) return std::nullopt;
      is_true.push_back(parts->is_true);
      is_false.push_back(parts->is_false);
      is_unknown.push_back(parts->is_unknown);
      undecided.push_back(
          Join(LogicalOp::kOr, {is_and ? parts->is_true : parts->is_false, parts->is_unknown}));
    }
    undecided.push_back(Join(LogicalOp::kOr, std::move(is_unknown)));
    return Parts{Join(all, std::move(is_true)), Join(some, std::move(is_false)),
                 Join(LogicalOp::kAnd, std::move(undecided))};
  }

  Plan plan_;
};

}  // namespace

std::optional<Plan> PartOf(const Plan& plan, Truth truth) { return Partitioner(plan).Run(truth); }

}  // namespace sluice
