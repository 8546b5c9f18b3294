// The laws of design/core.md 2, as passes over one working copy of the plan.
// engine/README.md derives them. Entry: Simplify. Tested by
// tests/engine/simplify_test.cc, and by tests/oracle against the plain form.
#include "sluice/simplify.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"

#include "engine/null_row.h"
#include "engine/static_eval.h"

namespace sluice {
namespace {

// By VarId. Nearly all plans have few variables: no allocation for a set.
using VarSet = absl::InlinedVector<bool, 32>;

class Simplifier {
 public:
  explicit Simplifier(Plan plan) : plan_(std::move(plan)) {}

  Plan Run(const SimplifyOptions& options) {
    // Where a sort goes by a path with many values, which of them a row is
    // sorted by hangs on the order in which the database meets them (F-137),
    // and that on the columns a condition reads: it stays as it was bound.
    if (options.fold_constants && !SortMultiplies()) plan_.condition = Fold(plan_.condition, true);
    if (options.bind_variables) BindVariables();
    return std::move(plan_);
  }

 private:
  CondId Add(Cond cond) {
    plan_.conds.push_back(std::move(cond));
    return static_cast<CondId>(plan_.conds.size() - 1);
  }
  CondId Constant(Truth value) { return Add(Cond{ConstantCond{value}}); }

  const ConstantCond* AsConstant(CondId id) const {
    return std::get_if<ConstantCond>(&plan_.conds[id]);
  }

  void Note(std::string_view name, std::string detail) {
    plan_.passes.push_back({std::string(name), std::move(detail)});
  }

  // ---- constants of the request ----

  // `positive`: only TRUE matters here, so UNKNOWN counts as FALSE.
  CondId Fold(CondId id, bool positive) {
    if (const auto* junction = std::get_if<JunctionCond>(&plan_.conds[id])) {
      return FoldJunction(id, junction->op, std::vector<CondId>(junction->terms), positive);
    }
    if (const auto* all = std::get_if<AllValuesCond>(&plan_.conds[id])) {
      AllValuesCond copy = *all;
      copy.condition = Fold(copy.condition, false);
      // A domain is never empty, so a constant speaks for every assignment.
      if (const ConstantCond* constant = AsConstant(copy.condition))
        return Constant(ToTruth(constant->value != Truth::kFalse));
      return Add(Cond{std::move(copy)});
    }
    const auto* compare = std::get_if<CompareCond>(&plan_.conds[id]);
    if (compare == nullptr) return id;
    const std::optional<Truth> truth = EvaluateStatic(plan_, *compare);
    if (!truth) return id;
    plan_.folded.push_back({*compare, *truth});
    Note("constant", DumpCond(plan_, id) + (*truth == Truth::kTrue ? " is true" : " is not true"));
    return Constant(positive && *truth == Truth::kUnknown ? Truth::kFalse : *truth);
  }

  CondId FoldJunction(CondId id, LogicalOp op, const std::vector<CondId>& terms, bool positive) {
    const Truth absorbing = op == LogicalOp::kAnd ? Truth::kFalse : Truth::kTrue;
    const Truth neutral = Not(absorbing);
    std::vector<CondId> kept;
    bool changed = false;
    for (CondId term : terms) {
      const CondId folded = Fold(term, positive);
      changed |= folded != term;
      if (const ConstantCond* constant = AsConstant(folded)) {
        if (constant->value == absorbing) return folded;
        if (constant->value == neutral) {
          changed = true;
          continue;
        }
      }
      const auto* inner = std::get_if<JunctionCond>(&plan_.conds[folded]);
      if (inner != nullptr && inner->op == op) {
        changed = true;
        kept.insert(kept.end(), inner->terms.begin(), inner->terms.end());
      } else {
        kept.push_back(folded);
      }
    }
    if (!changed) return id;
    if (kept.empty()) return Constant(neutral);
    return kept.size() == 1 ? kept[0] : Add(Cond{JunctionCond{op, std::move(kept)}});
  }

  // ---- variables ----

  // Marks the free variables that `id` needs: those it mentions, and their
  // parents up to the base.
  void MarkCond(CondId id, VarSet& set) const {
    VisitCondVariables(plan_, id, [&](VarId var) { MarkVariable(var, set); });
  }
  void MarkVariable(VarId var, VarSet& set) const {
    while (var != kBaseVar && !plan_.variables[var].bound && !set[var]) {
      set[var] = true;
      var = plan_.variables[var].parent;
    }
  }
  VarSet Uses(CondId id) const {
    VarSet set(plan_.variables.size());
    MarkCond(id, set);
    return set;
  }

  bool Multiplies(VarId var) const {
    for (; var != kBaseVar; var = plan_.variables[var].parent) {
      if (!plan_.variables[var].to_one) return true;
    }
    return false;
  }

  bool SortMultiplies() const {
    bool multiplies = false;
    for (const SortTerm& term : plan_.sort) {
      if (term.kind != SortKind::kExpression) continue;
      VisitExprVariables(plan_, term.expr, [&](VarId var) { multiplies |= Multiplies(var); });
    }
    return multiplies;
  }

  static bool Intersects(const VarSet& a, const VarSet& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i] && b[i]) return true;
    }
    return false;
  }
  static VarSet Minus(VarSet a, const VarSet& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = a[i] && !b[i];
    return a;
  }
  static VarSet And(VarSet a, const VarSet& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = a[i] && b[i];
    return a;
  }
  static bool Any(const VarSet& set) {
    return std::find(set.begin(), set.end(), true) != set.end();
  }

  std::vector<CondId> TopTerms() const {
    const auto* junction = std::get_if<JunctionCond>(&plan_.conds[plan_.condition]);
    if (junction != nullptr && junction->op == LogicalOp::kAnd) return junction->terms;
    return {plan_.condition};
  }

  // Variables that stay free: those of the sort; where such a one multiplies,
  // all that are tied to it by a condition (the first passing combination
  // gives the key, F-137); and to-one rows that a plain conjunct compares,
  // which serve best as a join.
  VarSet StayFree() const {
    VarSet free(plan_.variables.size());
    VarSet tied(plan_.variables.size());
    for (const SortTerm& term : plan_.sort) {
      if (term.kind != SortKind::kExpression) continue;
      VisitExprVariables(plan_, term.expr, [&](VarId var) { MarkVariable(var, free); });
    }
    for (VarId var = 1; var < free.size(); ++var) tied[var] = free[var] && Multiplies(var);
    const std::vector<CondId> terms = TopTerms();
    for (bool grew = true; grew;) {
      grew = false;
      for (CondId term : terms) {
        const VarSet uses = Uses(term);
        if (!Intersects(uses, tied)) continue;
        for (VarId var = 1; var < uses.size(); ++var) {
          if (!uses[var]) continue;
          if (Multiplies(var) && !tied[var]) grew = tied[var] = true;
          free[var] = true;
        }
      }
    }
    for (CondId term : terms) {
      if (!std::holds_alternative<CompareCond>(plan_.conds[term])) continue;
      const VarSet uses = Uses(term);
      for (VarId var = 1; var < uses.size(); ++var) {
        if (uses[var] && !Multiplies(var)) free[var] = true;
      }
    }
    return free;
  }

  void BindVariables() {
    const VarSet used = Uses(plan_.condition);
    const VarSet free = StayFree();
    for (VarId var = 1; var < used.size(); ++var) {
      if (plan_.variables[var].bound || used[var] || free[var]) continue;
      Note("unused", "no join for " + plan_.variables[var].path);
    }
    const VarSet available = Minus(used, free);
    if (!Any(available)) return;
    plan_.condition = Quantify(plan_.condition, available);
    for (VarId var = 1; var < available.size(); ++var) {
      if (available[var]) plan_.variables[var].bound = true;
    }
  }

  // ∃ available. cond, with each variable bound as deep as it goes.
  CondId Quantify(CondId id, const VarSet& available) {
    const VarSet uses = And(Uses(id), available);
    if (!Any(uses)) return id;
    const auto* junction = std::get_if<JunctionCond>(&plan_.conds[id]);
    if (junction == nullptr) return MakeExists(uses, id);
    const std::vector<CondId> terms = junction->terms;
    return junction->op == LogicalOp::kOr ? QuantifyOr(terms, available)
                                          : QuantifyAnd(terms, available);
  }

  // ∃v (A ∨ B) = ∃v A ∨ ∃v B.
  CondId QuantifyOr(const std::vector<CondId>& terms, const VarSet& available) {
    std::vector<CondId> quantified;
    for (CondId term : terms) quantified.push_back(Quantify(term, available));
    return Add(Cond{JunctionCond{LogicalOp::kOr, std::move(quantified)}});
  }

  // ∃v (A ∧ B) = A ∧ ∃v B where A does not use v: terms that share variables
  // stay together, the others part.
  CondId QuantifyAnd(const std::vector<CondId>& terms, const VarSet& available) {
    std::vector<VarSet> uses;
    for (CondId term : terms) uses.push_back(And(Uses(term), available));
    std::vector<CondId> quantified;
    std::vector<bool> done(terms.size());
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (done[i]) continue;
      std::vector<std::size_t> group = {i};
      VarSet reach = uses[i];
      done[i] = true;
      for (bool grew = true; grew;) {
        grew = false;
        for (std::size_t j = i + 1; j < terms.size(); ++j) {
          if (done[j] || !Intersects(uses[j], reach)) continue;
          for (std::size_t v = 0; v < reach.size(); ++v) reach[v] = reach[v] || uses[j][v];
          group.push_back(j);
          done[j] = grew = true;
        }
      }
      std::sort(group.begin(), group.end());
      quantified.push_back(group.size() == 1 ? Quantify(terms[i], available)
                                             : QuantifyGroup(terms, uses, group, available));
    }
    return quantified.size() == 1 ? quantified[0]
                                  : Add(Cond{JunctionCond{LogicalOp::kAnd, std::move(quantified)}});
  }

  // Terms that share variables: those shared are bound around all of them, the
  // rest around each.
  CondId QuantifyGroup(const std::vector<CondId>& terms, const std::vector<VarSet>& uses,
                       const std::vector<std::size_t>& group, const VarSet& available) {
    VarSet shared(available.size());
    for (VarId var = 1; var < shared.size(); ++var) {
      shared[var] = std::count_if(group.begin(), group.end(),
                                  [&](std::size_t i) { return uses[i][var]; }) > 1;
    }
    const VarSet rest = Minus(available, shared);
    std::vector<CondId> inner;
    for (std::size_t i : group) inner.push_back(Quantify(terms[i], rest));
    return MakeExists(shared, Add(Cond{JunctionCond{LogicalOp::kAnd, std::move(inner)}}));
  }

  CondId MakeExists(const VarSet& variables, CondId condition) {
    ExistsCond exists;
    exists.condition = condition;
    std::string paths;
    // Parents have smaller ids than their children.
    for (VarId var = 1; var < variables.size(); ++var) {
      if (!variables[var]) continue;
      exists.variables.push_back(var);
      paths += (paths.empty() ? "" : ", ") + plan_.variables[var].path;
    }
    Note("semi-join", paths);
    return Add(Cond{std::move(exists)});
  }

  Plan plan_;
};

}  // namespace

Plan Simplify(Plan plan, const SimplifyOptions& options) {
  return Simplifier(std::move(plan)).Run(options);
}

std::vector<VarId> UsedFreeVariables(const Plan& plan, bool with_sort) {
  std::vector<bool> used(plan.variables.size());
  const auto mark = [&](VarId var) {
    while (var != kBaseVar && !plan.variables[var].bound && !used[var]) {
      used[var] = true;
      var = plan.variables[var].parent;
    }
  };
  VisitCondVariables(plan, plan.condition, mark);
  for (const SortTerm& term : plan.sort) {
    if (with_sort && term.kind == SortKind::kExpression) VisitExprVariables(plan, term.expr, mark);
  }
  std::vector<VarId> variables;
  for (VarId var = 1; var < plan.variables.size(); ++var) {
    if (used[var]) variables.push_back(var);
  }
  return variables;
}

}  // namespace sluice
