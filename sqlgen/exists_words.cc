// Why a condition is spelled as it is, for `sluice explain`. Tested by
// tests/sqlgen/exists_choice_test.cc.
#include <cstdio>

#include "sqlgen/exists_choice.h"

namespace sluice {
namespace {

std::string Number(double number) {
  char text[32];
  std::snprintf(text, sizeof text, number < 1e6 ? "%.0f" : "%.1e", number);
  return text;
}

std::string Spelled(ExistsSpelling spelling) {
  switch (spelling) {
    case ExistsSpelling::kProbes:
      return "a look for each row";
    case ExistsSpelling::kList:
      return "a list";
    case ExistsSpelling::kTestedList:
      return "a list that each row is looked up in";
  }
  return "";
}

std::string Estimated(const Plan& plan, const Variable& back, const SpellingCosts& costs) {
  const std::string listed =
      costs.rows_listed > 0
          ? Number(costs.rows_listed) + " of " + Number(costs.back_rows) + " rows of "
          : "by reading all " + Number(costs.back_rows) + " rows of ";
  return Number(costs.list) + " steps for a list (" + listed + back.collection->name + "), " +
         Number(costs.probes) + " for looks (" + Number(costs.base_rows) + " of " +
         Number(costs.base_rows_all) + " rows of " + plan.collection->name + ")";
}

std::string Why(const Plan& plan, const Variable& back, const SpellingChoice& choice) {
  const std::string begin = Spelled(choice.spelling);
  switch (choice.reason) {
    case SpellingReason::kNoStatistics:
      return begin + "; no statistics: by rule";
    case SpellingReason::kNotEquated:
      return begin + "; by rule: nothing is equated, so how many rows match is not known";
    case SpellingReason::kNoBackIndex:
      return begin + "; by rule: no index of " + back.collection->name + " begins with " +
             back.column;
    case SpellingReason::kOneBaseRow:
      return begin + "; by rule: there is one";
    case SpellingReason::kEstimate:
      return begin + "; by statistics: " + Estimated(plan, back, choice.costs);
    case SpellingReason::kNotMuchBetter:
      return begin +
             "; by rule, the other is not much better: " + Estimated(plan, back, choice.costs);
    case SpellingReason::kKeepsOrder:
      return begin + "; by rule, the other would change the order of the answer: " +
             Estimated(plan, back, choice.costs);
  }
  return begin;
}

}  // namespace

std::vector<ExistsChoice> Explain(const Plan& plan, const SpellingChoices& choices) {
  std::vector<ExistsChoice> explained;
  for (const SpellingChoice& choice : choices.choices) {
    const auto& exists = std::get<ExistsCond>(plan.cond(choice.cond));
    const Variable& back = plan.variables[exists.variables[0]];
    explained.push_back({back.path, choice.spelling, Why(plan, back, choice)});
  }
  return explained;
}

}  // namespace sluice
