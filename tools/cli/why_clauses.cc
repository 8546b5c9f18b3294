// Tested by tests/server/cli_why_test.cc.
#include "tools/cli/why_clauses.h"

namespace sluice::cli {
namespace {

class ClauseMaker {
 public:
  ClauseMaker(const Plan& plan, const Trace& trace, const std::vector<CondPlace>& places,
              const ClauseTexts& texts)
      : plan_(plan), trace_(trace), texts_(texts) {
    // Inner places come first; a group of one term is that term.
    for (const CondPlace& place : places) places_.emplace(place.cond, &place);
  }

  Clause Make(CondId id) const {
    Clause clause;
    Fill(clause, id);
    const auto found = places_.find(id);
    const CondPlace* place = found == places_.end() ? nullptr : found->second;
    if (place != nullptr) {
      clause.source = SourceOf(*place);
      clause.span = place->span;
      clause.text = std::string(TextOf(*place, place->span));
      if (place->comparison) {
        FillComparison(clause, id, *place);
        return clause;
      }
      if (place->text == PlaceText::kListRule && place->span == Span{}) {
        clause.kind = ClauseKind::kListRule;
        clause.text = plan_.variables[place->var].path;
      }
    }
    const auto* junction = std::get_if<JunctionCond>(&plan_.conds[id]);
    if (junction == nullptr) {
      FillSides(clause, id, "", "");
      return clause;
    }
    if (clause.kind != ClauseKind::kListRule)
      clause.kind = junction->op == LogicalOp::kAnd ? ClauseKind::kAll : ClauseKind::kAny;
    for (const CondId term : junction->terms) clause.terms.push_back(Make(term));
    return clause;
  }

 private:
  void Fill(Clause& clause, CondId id) const {
    const TracedCond& traced = trace_.conds[id];
    clause.seen = traced.seen;
    clause.truth = traced.truth;
    clause.counts = traced.counts;
  }

  // A comparison becomes itself and, where its meaning says so, two more parts.
  void FillComparison(Clause& clause, CondId id, const CondPlace& place) const {
    clause.kind = ClauseKind::kComparison;
    const std::string left(TextOf(place, place.left));
    const std::string right(TextOf(place, place.right));
    if (place.text == PlaceText::kListRule && place.span == Span{}) {
      clause.kind = ClauseKind::kNoRow;
      return FillSides(clause, id, "id", "''");
    }
    const auto* junction = std::get_if<JunctionCond>(&plan_.conds[id]);
    if (junction == nullptr) return FillSides(clause, id, left, right);
    for (const CondId part : junction->terms) {
      Clause term;
      Fill(term, part);
      term.source = clause.source;
      if (const auto* all = std::get_if<AllValuesCond>(&plan_.conds[part])) {
        term.kind = ClauseKind::kEveryValue;
        term.text = clause.text;
        term.rows = MakeRows(plan_, trace_.conds[part].objection);
        if (!term.rows.empty()) FillSides(term, all->condition, left, right);
      } else if (part == junction->terms.front()) {
        term.kind = ClauseKind::kComparison;
        term.text = clause.text;
        FillSides(term, part, left, right);
      } else {
        term.kind = ClauseKind::kEmailVisible;
        FillSides(term, part, "emailVisibility", "true");
      }
      clause.terms.push_back(std::move(term));
    }
  }

  void FillSides(Clause& clause, CondId id, const std::string& left,
                 const std::string& right) const {
    const auto* compare = std::get_if<CompareCond>(&plan_.conds[id]);
    clause.kind = clause.kind == ClauseKind::kAll ? ClauseKind::kComparison : clause.kind;
    if (clause.text.empty() && clause.kind == ClauseKind::kComparison)
      clause.text = DumpCond(plan_, id);
    if (compare == nullptr) return;
    clause.has_sides = true;
    clause.left = {left.empty() ? DumpExpr(plan_, compare->left) : left, trace_.conds[id].left,
                   IsSecret(compare->left)};
    clause.right = {right.empty() ? DumpExpr(plan_, compare->right) : right, trace_.conds[id].right,
                    IsSecret(compare->right)};
  }

  bool IsSecret(ExprId id) const {
    const Expr& expr = plan_.exprs[id];
    if (const auto* lower = std::get_if<LowerExpr>(&expr)) return IsSecret(lower->argument);
    const auto* column = std::get_if<ColumnExpr>(&expr);
    if (column == nullptr) return false;
    return column->field->type == FieldType::kPassword ||
           (column->field->hidden && column->field->name == "tokenKey");
  }

  std::string_view Text(const CondPlace& place) const {
    switch (place.text) {
      case PlaceText::kRule:
        return texts_.rule;
      case PlaceText::kFilter:
        return texts_.filter;
      case PlaceText::kListRule:
        break;
    }
    return *place.collection->list_rule;
  }
  std::string_view TextOf(const CondPlace& place, Span span) const {
    const std::string_view text = Text(place);
    if (span.end > text.size() || span.begin > span.end) return "";
    return text.substr(span.begin, span.end - span.begin);
  }
  static std::string SourceOf(const CondPlace& place) {
    if (place.text == PlaceText::kListRule) return "listRule of " + place.collection->name;
    return place.text == PlaceText::kRule ? "rule" : "filter";
  }

  const Plan& plan_;
  const Trace& trace_;
  const ClauseTexts& texts_;
  std::map<CondId, const CondPlace*> places_;
};

}  // namespace

Clause MakeClauses(const Plan& plan, const Trace& trace, const std::vector<CondPlace>& places,
                   const ClauseTexts& texts) {
  return ClauseMaker(plan, trace, places, texts).Make(plan.condition);
}

std::vector<ClauseRow> MakeRows(const Plan& plan, const std::vector<TracedRow>& rows) {
  std::vector<ClauseRow> result;
  for (const TracedRow& row : rows) {
    const Variable& variable = plan.variables[row.var];
    ClauseRow shown{variable.path, "", row.null_row, row.element};
    if (variable.collection != nullptr && !row.null_row)
      shown.record = variable.collection->name + "/" + row.id;
    result.push_back(std::move(shown));
  }
  return result;
}

}  // namespace sluice::cli
