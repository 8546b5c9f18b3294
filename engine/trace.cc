// The evaluator of predicates with an observer at each full assignment, of the
// whole and of each all-values part. Tested by tests/engine/trace_test.cc and
// tests/oracle.
#include "sluice/trace.h"

#include <algorithm>

#include "engine/predicate_eval.h"

namespace sluice {
namespace {

class Tracer {
 public:
  Tracer(const Plan& plan, const TraceLimits& limits)
      : plan_(plan), limits_(limits), program_(CompilePredicate(plan)) {
    Observe(program_.root_scope, kWhole);
    for (CondId id = 0; id < plan.conds.size(); ++id) {
      if (std::holds_alternative<AllValuesCond>(plan.conds[id]))
        Observe(program_.conds[id].first, id);
    }
    trace_.conds.resize(plan.conds.size());
    counts_.resize(plan.conds.size());
  }

  StatusOr<Trace> Run(const RecordView& record, RowSource* rows) {
    const auto observe = [this](CondId observed, Assignment& assignment) {
      return observed == kWhole ? LookAtWhole(assignment) : LookForObjection(observed, assignment);
    };
    SLUICE_RETURN_IF_ERROR(
        RunObserved(program_, record, rows, limits_.predicate, observe).status());
    for (CondId id = 0; id < counts_.size(); ++id) trace_.conds[id].counts = counts_[id];
    if (!trace_.complete) {
      SLUICE_ASSIGN_OR_RETURN(trace_.matches,
                              Predicate(plan_).Matches(record, rows, limits_.predicate));
    }
    return std::move(trace_);
  }

 private:
  static constexpr CondId kWhole = ~CondId{0};

  // The scope's terms become one that is asked when all variables are bound.
  void Observe(std::uint32_t scope, CondId observed) {
    program_.conds.push_back({.op = CondOp::kObserve, .first = observed});
    auto& levels = program_.scopes[scope].levels;
    for (auto& terms : levels) terms.clear();
    levels.back() = {static_cast<CondId>(program_.conds.size() - 1)};
  }

  // TRUE ends the search.
  Truth LookAtWhole(Assignment& assignment) {
    ++trace_.assignments;
    now_.assign(plan_.conds.size(), TracedCond{});
    const double score = Look(plan_.condition, assignment);
    for (CondId id = 0; id < now_.size(); ++id) {
      if (now_[id].seen) ++counts_[id][static_cast<std::size_t>(now_[id].truth)];
    }
    const bool matches = now_[plan_.condition].truth == Truth::kTrue;
    if (matches || score > best_) {
      best_ = score;
      trace_.conds = now_;
      trace_.rows = RowsOf(program_.scopes[program_.root_scope].variables, assignment);
    }
    trace_.matches = matches;
    if (matches) return Truth::kTrue;
    trace_.complete = trace_.assignments < limits_.assignments_max;
    return trace_.complete ? Truth::kFalse : Truth::kTrue;
  }

  // FALSE, the wanted truth of an all-values part, ends its search.
  Truth LookForObjection(CondId all, Assignment& assignment) {
    const AllValuesCond& cond = std::get<AllValuesCond>(plan_.conds[all]);
    const Truth truth = assignment.TruthOf(cond.condition);
    if (truth != Truth::kFalse) return truth;
    (void)Look(cond.condition, assignment);
    now_[all].objection = RowsOf(program_.scopes[program_.conds[all].first].variables, assignment);
    return truth;
  }

  // Fills in `id` and what is below it; the share of it that holds.
  double Look(CondId id, Assignment& assignment) {
    const Cond& cond = plan_.conds[id];
    double score = 0;
    Truth truth = Truth::kUnknown;
    if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
      const bool conjunction = junction->op == LogicalOp::kAnd;
      truth = ToTruth(conjunction);
      for (const CondId term : junction->terms) {
        const double share = Look(term, assignment);
        score = conjunction ? score + share / static_cast<double>(junction->terms.size())
                            : std::max(score, share);
        truth = conjunction ? And(truth, now_[term].truth) : Or(truth, now_[term].truth);
      }
    } else {
      truth = assignment.TruthOf(id);
      score = truth == Truth::kTrue ? 1 : 0;
      if (const auto* compare = std::get_if<CompareCond>(&cond)) {
        now_[id].left = assignment.ValueOf(compare->left);
        now_[id].right = assignment.ValueOf(compare->right);
      } else if (const auto* in = std::get_if<InListCond>(&cond)) {
        now_[id].left = assignment.ValueOf(in->left);
      }
    }
    now_[id].seen = true;
    now_[id].truth = truth;
    return score;
  }

  std::vector<TracedRow> RowsOf(const std::vector<VarId>& variables,
                                const Assignment& assignment) const {
    std::vector<TracedRow> rows;
    for (const VarId var : variables) {
      const VariableNode& node = program_.variables[var];
      TracedRow row;
      row.var = var;
      const RecordView* record = assignment.RowOf(var);
      row.element = assignment.ElementOf(var);
      if (record != nullptr && node.collection != nullptr) {
        if (const Field* id = node.collection->FindField("id"))
          row.id = std::string(record->Get(*id).text);
      }
      row.null_row = record == nullptr && row.element.is_null();
      rows.push_back(std::move(row));
    }
    return rows;
  }

  const Plan& plan_;
  const TraceLimits& limits_;
  PredicateProgram program_;
  Trace trace_;
  std::vector<std::array<std::uint64_t, 3>> counts_;
  std::vector<TracedCond> now_;
  double best_ = -1;
};

}  // namespace

StatusOr<Trace> TraceMatch(const Plan& plan, const RecordView& record, RowSource* rows,
                           const TraceLimits& limits) {
  return Tracer(plan, limits).Run(record, rows);
}

}  // namespace sluice
