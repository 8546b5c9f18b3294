// Tested by tests/sqlgen/exists_choice_test.cc, its answers by tests/oracle and
// tests/sqlgen/exists_choice_run_test.cc. README.md has the reasoning.
#include "sqlgen/exists_choice.h"

#include <algorithm>
#include <cmath>

#include "sluice/simplify.h"
#include "sqlgen/access.h"

namespace sluice {
namespace {

// In steps. Measured on 100,000 posts with 500,000 comments (bench/README.md): a
// scan takes 0.1 µs a row, a look into an index, or at a row that an index leads
// to, some ten times that.
constexpr double kSeek = 10;
constexpr double kKeep = 5;  // one more id in a list, or one that is looked up in it
// Guess: what one more comparison leaves of the rows.
constexpr double kShare = 0.25;
constexpr std::size_t kSharesMax = 4;
// Statistics are means, and old: the rule stands unless the other is so much better.
constexpr double kMuchBetter = 4;
// Some 5 ms: below, the rule is good enough.
constexpr double kWorth = 50'000;
// SQLite takes a list to hold 25 rows: where the base has as many it starts there.
constexpr double kBaseRowsMin = 1000;
constexpr double kRowsOfLarge = 1000;

using Names = std::vector<std::string_view>;

bool Holds(const Names& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view one) { return EqualsIgnoreCase(one, name); });
}

Names EquatedColumns(const Plan& plan, CondId condition, VarId var) {
  Names names;
  for (const CompareCond* compare : Conjuncts(plan, condition)) {
    if (const Field* field = EquatedColumn(plan, *compare, var)) names.push_back(field->name);
  }
  return names;
}

// An index in another collation does not serve our comparisons.
bool HasCollation(const Index& index) {
  return LowerAscii(index.sql).find("collate") != std::string::npos;
}

bool IsMuchBetter(double other, double by_rule) {
  return by_rule >= kWorth && other * kMuchBetter < by_rule;
}

bool HasIndexOn(const Collection& collection, std::string_view column) {
  return std::any_of(collection.indexes.begin(), collection.indexes.end(),
                     [column](const Index& index) {
                       return index.where.empty() && !index.columns.empty() &&
                              EqualsIgnoreCase(index.columns[0], column) && !HasCollation(index);
                     });
}

// Rows that the columns leave when each is equal to a value, by the index that
// tells most.
std::optional<double> RowsByIndex(const Statistics& statistics, const Collection& collection,
                                  const Names& equated) {
  std::optional<double> rows;
  if (Holds(equated, "id")) rows = 1;
  for (const Index& index : collection.indexes) {
    std::size_t columns = 0;
    while (columns < index.columns.size() && Holds(equated, index.columns[columns])) ++columns;
    if (columns == 0 || !index.where.empty() || HasCollation(index)) continue;
    const auto known = statistics.RowsPerValue(collection.name, index.name, columns);
    if (known) rows = std::min(rows.value_or(*known), *known);
  }
  return rows;
}

class Chooser {
 public:
  Chooser(const Plan& plan, const Asking& asking) : plan_(plan), asking_(asking) {}

  SpellingChoices Run() {
    Walk(plan_.condition, true);
    return std::move(made_);
  }

 private:
  void Walk(CondId id, bool top) {
    const Cond& cond = plan_.cond(id);
    if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
      for (CondId term : junction->terms) Walk(term, top && junction->op == LogicalOp::kAnd);
    } else if (const auto* all = std::get_if<AllValuesCond>(&cond)) {
      Walk(all->condition, false);
    } else if (const auto* exists = std::get_if<ExistsCond>(&cond)) {
      if (HasChoice(*exists)) Choose(id, *exists, top);
      Walk(exists->condition, false);
    }
  }

  bool HasChoice(const ExistsCond& exists) const {
    if (exists.variables.empty()) return false;
    const Variable& back = plan_.variables[exists.variables[0]];
    return back.domain == Domain::kBack && back.parent == kBaseVar && !back.collection->is_view() &&
           !plan_.collection->is_view() && IsAlone(plan_, exists) &&
           RejectsNullRow(plan_, exists.condition, exists.variables[0]);
  }

  void Choose(CondId id, const ExistsCond& exists, bool top) {
    SpellingChoice choice = ByRule(id, exists);
    if (choice.reason == SpellingReason::kNoStatistics) {
      if (const std::optional<SpellingCosts> costs = Costs(exists)) {
        choice.costs = *costs;
        choice.reason = SpellingReason::kEstimate;
        choice.spelling == ExistsSpelling::kList ? MayProbe(choice, top) : MayList(choice);
      }
    }
    made_.choices.push_back(choice);
  }

  SpellingChoice ByRule(CondId id, const ExistsCond& exists) const {
    SpellingChoice choice;
    choice.cond = id;
    const Variable& back = plan_.variables[exists.variables[0]];
    const bool equated = !EquatedColumns(plan_, exists.condition, exists.variables[0]).empty();
    if (IsOneRow()) {
      choice.reason = SpellingReason::kOneBaseRow;
    } else if (equated && !BaseIsNarrow(plan_)) {
      choice.spelling = ExistsSpelling::kList;
    } else if (!HasIndexOn(*back.collection, back.column) && MayTest() &&
               (equated || IsLarge(*back.collection))) {
      // A table that may be small is left to SQLite, which makes an index for the
      // statement where that pays.
      choice.spelling = ExistsSpelling::kTestedList;
      choice.reason = SpellingReason::kNoBackIndex;
    } else if (!equated) {
      choice.reason = SpellingReason::kNotEquated;
    }
    return choice;
  }

  // The list would be better by rule.
  void MayProbe(SpellingChoice& choice, bool top) {
    const SpellingCosts& costs = choice.costs;
    if (!IsMuchBetter(costs.probes, costs.list)) {
      if (costs.probes < costs.list) choice.reason = SpellingReason::kNotMuchBetter;
    } else if (!asking_.order_seen) {
      Probe(choice);
    } else if (top && StartsFromList(costs.base_rows_all)) {
      Probe(choice);
      made_.orders_ties_by_id = true;
    } else {
      choice.reason = SpellingReason::kKeepsOrder;
    }
  }

  void Probe(SpellingChoice& choice) {
    choice.spelling = ExistsSpelling::kProbes;
    const auto& exists = std::get<ExistsCond>(plan_.cond(choice.cond));
    AddEqualities(exists.condition, exists.variables[0]);
  }

  void AddEqualities(CondId id, VarId var) {
    const Cond& cond = plan_.cond(id);
    const auto* compare = std::get_if<CompareCond>(&cond);
    if (compare != nullptr && EquatedColumn(plan_, *compare, var) != nullptr)
      made_.likely.push_back(id);
    const auto* junction = std::get_if<JunctionCond>(&cond);
    if (junction == nullptr || junction->op != LogicalOp::kAnd) return;
    for (CondId term : junction->terms) AddEqualities(term, var);
  }

  // Looks would be better by rule.
  void MayList(SpellingChoice& choice) const {
    const SpellingCosts& costs = choice.costs;
    if (!IsMuchBetter(costs.list, costs.probes)) {
      if (costs.list < costs.probes) choice.reason = SpellingReason::kNotMuchBetter;
    } else if (MayTest()) {
      choice.spelling =
          costs.starts_from_list ? ExistsSpelling::kList : ExistsSpelling::kTestedList;
    } else {
      choice.reason = SpellingReason::kKeepsOrder;
    }
  }

  bool IsLarge(const Collection& collection) const {
    return asking_.statistics != nullptr &&
           asking_.statistics->Rows(collection.name).value_or(0) >= kRowsOfLarge;
  }

  bool IsOneRow() const {
    for (std::string_view name : EquatedColumns(plan_, plan_.condition, kBaseVar)) {
      if (name == "id") return true;
      for (const Index& index : plan_.collection->indexes) {
        if (index.unique && index.where.empty() && index.columns.size() == 1 &&
            EqualsIgnoreCase(index.columns[0], name))
          return true;
      }
    }
    return false;
  }

  // SQLite comes to the base rows in the same way whether they are looked up in a
  // list or looked for, but for an order that an index may give.
  bool MayTest() const {
    if (!asking_.order_seen) return true;
    if (asking_.joined) return false;
    return !asking_.sorted ||
           (SortColumn(plan_, plan_.sort[0]) != nullptr && !IndexGivesOrder(plan_));
  }

  // With a list SQLite has nothing better to start from, and meets the base rows in
  // the order of their ids.
  bool StartsFromList(double base_rows) const {
    return !asking_.joined && base_rows >= kBaseRowsMin && !ReadsIndexed(plan_.condition);
  }

  // Whether the condition, but for what it asks of other rows, could be answered
  // by an index of the base.
  bool ReadsIndexed(CondId id) const {
    const Cond& cond = plan_.cond(id);
    if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
      return std::any_of(junction->terms.begin(), junction->terms.end(),
                         [this](CondId term) { return ReadsIndexed(term); });
    }
    if (const auto* compare = std::get_if<CompareCond>(&cond)) {
      return IsIndexed(compare->left) || IsIndexed(compare->right);
    }
    return std::holds_alternative<InListCond>(cond);
  }

  bool IsIndexed(ExprId id) const {
    const auto* column = std::get_if<ColumnExpr>(&plan_.expr(id));
    const auto& indexes = plan_.collection->indexes;
    if (column == nullptr) {
      // An index may be of an expression; a value has none.
      return !std::holds_alternative<SlotExpr>(plan_.expr(id)) &&
             !std::holds_alternative<ConstantExpr>(plan_.expr(id)) &&
             std::any_of(indexes.begin(), indexes.end(), [this](const Index& index) {
               return !index.columns.empty() &&
                      plan_.collection->FindField(index.columns[0]) == nullptr;
             });
    }
    if (column->var != kBaseVar || column->field->name == "id") return true;
    return std::any_of(indexes.begin(), indexes.end(), [column](const Index& index) {
      return !index.columns.empty() && EqualsIgnoreCase(index.columns[0], column->field->name);
    });
  }

  // Rows are met in their order, until there are enough.
  bool EndsEarly() const {
    if (asking_.rows < 0 || asking_.joined) return false;
    if (!asking_.sorted) return true;
    if (BaseIsNarrow(plan_)) return false;
    return plan_.sort[0].kind == SortKind::kRowId ||
           (SortColumn(plan_, plan_.sort[0]) != nullptr && IndexGivesOrder(plan_));
  }

  // Nothing where the statistics do not tell enough.
  std::optional<SpellingCosts> Costs(const ExistsCond& exists) const {
    if (asking_.statistics == nullptr) return std::nullopt;
    const Statistics& statistics = *asking_.statistics;
    const Variable& back = plan_.variables[exists.variables[0]];
    const std::optional<double> back_rows = statistics.Rows(back.collection->name);
    const std::optional<double> base_rows = statistics.Rows(plan_.collection->name);
    if (!back_rows || !base_rows) return std::nullopt;
    const bool narrow = BaseIsNarrow(plan_);
    const std::optional<double> narrowed =
        narrow ? RowsByIndex(statistics, *plan_.collection,
                             EquatedColumns(plan_, plan_.condition, kBaseVar))
               : base_rows;
    if (!narrowed) return std::nullopt;
    SpellingCosts costs;
    costs.back_rows = *back_rows;
    costs.base_rows_all = *base_rows;
    const Names equated = EquatedColumns(plan_, exists.condition, exists.variables[0]);
    costs.rows_listed = RowsByIndex(statistics, *back.collection, equated).value_or(0);
    const double share = ShareOf(exists, narrow);
    costs.base_rows = RowsMet(costs, std::min(*narrowed, *base_rows), share);
    PriceList(costs, narrow ? *narrowed : 0, share);
    costs.probes = costs.base_rows * kSeek * (2 + RowsLookedAt(back, equated, costs));
    return costs;
  }

  // `narrowed`: base rows that an index leaves; 0: none does.
  void PriceList(SpellingCosts& costs, double narrowed, double share) const {
    const double matching = std::min(costs.rows_listed, costs.base_rows_all);
    // Made of the rows that an index leads to, or of all that there are.
    costs.list =
        costs.rows_listed > 0 ? kSeek + costs.rows_listed * (kSeek + kKeep) : costs.back_rows;
    const bool some = EndsEarly() && !asking_.sorted;
    const double from_list = (some ? std::min(matching, asking_.rows / share) : matching) * kSeek;
    const double tested = narrowed * (kSeek + kKeep);
    costs.starts_from_list =
        narrowed == 0 || (!asking_.order_seen && costs.rows_listed > 0 && from_list < tested);
    costs.list += costs.starts_from_list ? from_list : tested;
  }

  // Rows of the back table that are looked at for one base row.
  double RowsLookedAt(const Variable& back, Names equated, const SpellingCosts& costs) const {
    equated.push_back(back.column);
    if (const auto known = RowsByIndex(*asking_.statistics, *back.collection, equated))
      return *known;
    if (!HasIndexOn(*back.collection, back.column)) return costs.back_rows;
    return std::max(1.0, costs.back_rows / costs.base_rows_all);
  }

  // What all other conditions leave of the rows.
  double ShareOf(const ExistsCond& exists, bool narrow) const {
    std::size_t others = Conjuncts(plan_, exists.condition).size() - 1;
    const auto* junction = std::get_if<JunctionCond>(&plan_.cond(plan_.condition));
    if (junction != nullptr && junction->op == LogicalOp::kAnd)
      others += junction->terms.size() - (narrow ? 2 : 1);
    return std::pow(kShare, static_cast<double>(std::min(others, kSharesMax)));
  }

  // Base rows that are met until there are enough: of those that match, L of M,
  // the answer has met as many as L/M of all.
  double RowsMet(const SpellingCosts& costs, double base_rows, double share) const {
    if (costs.rows_listed == 0 || !EndsEarly()) return base_rows;
    const double matching = std::min(costs.base_rows_all, costs.rows_listed) * share;
    double met = asking_.rows * costs.base_rows_all / std::max(1.0, matching);
    if (asking_.sorted && asking_.order_seen) {
      // All rows that tie are met before the first of them is answered.
      const Field* first = SortColumn(plan_, plan_.sort[0]);
      met += RowsByIndex(*asking_.statistics, *plan_.collection, {first->name}).value_or(base_rows);
    }
    return std::min(met, base_rows);
  }

  const Plan& plan_;
  const Asking& asking_;
  SpellingChoices made_;
};

}  // namespace

SpellingChoices ChooseSpellings(const Plan& plan, const Asking& asking) {
  return Chooser(plan, asking).Run();
}

ExistsSpelling SpellingOf(const SpellingChoices* choices, CondId cond) {
  if (choices != nullptr) {
    for (const SpellingChoice& choice : choices->choices) {
      if (choice.cond == cond) return choice.spelling;
    }
  }
  return ExistsSpelling::kProbes;
}

bool IsLikely(const SpellingChoices* choices, CondId cond) {
  return choices != nullptr &&
         std::find(choices->likely.begin(), choices->likely.end(), cond) != choices->likely.end();
}

}  // namespace sluice
