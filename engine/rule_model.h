// The small model of a plan: what varies, which values it takes, and the truth
// of conditions at one choice of them. Private to engine/; used by
// rule_analysis.cc.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/plan.h"
#include "sluice/rule_analysis.h"

namespace sluice {

// Something that varies: a column, an element, a value of the request, or the
// truth of a condition that the model cannot decide.
struct ModelVariable {
  bool of_request = false;  // the client's to choose
  std::vector<Value> values;
};

class RuleModel {
 public:
  // All outlive the model.
  RuleModel(const Plan& plan, const RuleQuestion& question, const Schema& schema);

  // Those of the request first.
  const std::vector<ModelVariable>& variables() const { return variables_; }
  // The number of choices, at most `max` + 1.
  std::uint64_t Choices(std::uint64_t max) const;

  // Takes value number `choice[i]` for each variable i.
  void Choose(const std::vector<std::size_t>& choice) { choice_ = &choice; }
  // `denied` counts as FALSE.
  Truth TruthOf(CondId id, std::optional<CondId> denied = std::nullopt) const;

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  void CollectConstants();
  void Visit(CondId id);
  void VisitExpr(ExprId id);
  bool IsSent(std::string_view name) const;
  bool IsDecidable(ExprId id) const;
  bool IsDecidable(const CompareCond& compare) const;
  std::size_t Add(const std::string& key, ModelVariable variable);
  void SortRequestFirst();

  std::vector<Value> ValuesOf(const Field& field, VarId var, bool list) const;
  std::vector<Value> TextValues(bool may_be_empty) const;
  std::vector<Value> NumberValues() const;
  std::optional<Value> Pinned(const ColumnExpr& column) const;
  bool MayBeNullRow(VarId var) const;
  bool IsRequired(const Field& field) const;
  const Value& Chosen(std::size_t variable) const {
    return variables_[variable].values[(*choice_)[variable]];
  }
  Value ValueOf(ExprId id, std::optional<CondId> denied) const;

  const Plan& plan_;
  const RuleQuestion& question_;
  const Schema& schema_;
  std::vector<std::string> texts_;  // constants of the rule
  std::vector<double> numbers_;
  std::vector<ModelVariable> variables_;
  std::map<std::string, std::size_t> by_key_;
  std::vector<std::size_t> expr_variable_;  // by ExprId, or kNone
  std::vector<std::size_t> cond_variable_;  // by CondId, or kNone
  const std::vector<std::size_t>* choice_ = nullptr;
};

}  // namespace sluice
