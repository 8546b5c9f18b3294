// List, view and count statements; ordering and paging.
#include <algorithm>

#include "sluice/simplify.h"
#include "sluice/sql.h"
#include "sqlgen/access.h"
#include "sqlgen/cond_printer.h"
#include "sqlgen/early_probe.h"
#include "sqlgen/exists_choice.h"
#include "sqlgen/sql_writer.h"

namespace sluice {
namespace {

// Free variables that the statement joins; the plain form joins all.
std::vector<VarId> JoinedVariables(const Plan& plan, bool with_sort, Lowering lowering) {
  if (lowering == Lowering::kRewritten) return UsedFreeVariables(plan, with_sort);
  std::vector<VarId> joined;
  for (VarId var = 1; var < plan.variables.size(); ++var) {
    if (!plan.variables[var].bound) joined.push_back(var);
  }
  return joined;
}

bool Multiplies(const Plan& plan, const std::vector<VarId>& joined) {
  return std::any_of(joined.begin(), joined.end(),
                     [&](VarId var) { return !plan.variables[var].to_one; });
}

// `reduce`: a row that the condition asks something of joins inner, so that the
// database may start there. Not where the order in which rows are met is seen:
// among multiplied rows it decides about keys (F-137), on a page about ties.
void AppendFrom(SqlWriter& out, const Plan& plan, const std::vector<VarId>& joined,
                bool reduce = false) {
  out << " FROM ";
  out.dialect().AppendSource(out, plan, kBaseVar);
  for (VarId var : joined) {
    const bool inner = reduce && RejectsNullRow(plan, plan.condition, var);
    out << (inner ? " JOIN " : " LEFT JOIN ");
    out.dialect().AppendSource(out, plan, var);
    out << " ON ";
    out.dialect().AppendJoinCondition(out, plan, var);
  }
}

bool IsTrue(const Plan& plan, CondId id) {
  const auto* constant = std::get_if<ConstantCond>(&plan.conds[id]);
  return constant != nullptr && constant->value == Truth::kTrue;
}

void AppendTerm(SqlWriter& out, const Plan& plan, CondId term, const std::vector<VarId>& probes) {
  if (const std::optional<VarId> row = ProbeOf(plan, term, probes))
    return AppendProbe(out, plan, term, *row);
  AppendCondition(out, plan, term);
}

void AppendWhere(SqlWriter& out, const Plan& plan, Lowering lowering,
                 const std::vector<VarId>& probes = {}) {
  if (IsTrue(plan, plan.condition)) return;
  out << " WHERE ";
  // A top-level conjunction stands without parentheses: easier to read.
  const auto* junction = std::get_if<JunctionCond>(&plan.conds[plan.condition]);
  if (junction == nullptr || junction->op == LogicalOp::kOr)
    return AppendTerm(out, plan, plan.condition, probes);
  const bool rank = lowering == Lowering::kRewritten && TakesTextLiterally(out.dialect());
  const std::vector<CondId> terms = rank ? CheapestFirst(plan, junction->terms) : junction->terms;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (i > 0) out << " AND ";
    AppendTerm(out, plan, terms[i], probes);
  }
}

bool OrdersTies(const Plan& plan, const Dialect& dialect) {
  return dialect.OrdersTies() && !plan.collection->is_view();
}

void AppendOrder(SqlWriter& out, const Plan& plan) {
  const Dialect& dialect = out.dialect();
  for (std::size_t i = 0; i < plan.sort.size(); ++i) {
    out << (i == 0 ? " ORDER BY " : ",");
    dialect.AppendSortKey(out, plan, plan.sort[i]);
    dialect.AppendSortDirection(out, plan.sort[i]);
  }
  const bool by_id = out.choices() != nullptr && out.choices()->orders_ties_by_id;
  if (!by_id && !OrdersTies(plan, dialect)) return;
  out << (plan.sort.empty() ? " ORDER BY " : ",");
  if (by_id) {
    out.Column(kBaseVar, "id");
  } else {
    out.Alias(kBaseVar) << "." << dialect.RowId();
  }
}

void AppendColumns(SqlWriter& out, const std::vector<std::string_view>& columns) {
  if (columns.empty()) out << "1";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out << ",";
    out.Column(kBaseVar, columns[i]);
  }
}

void AppendPage(SqlWriter& out, const SelectOptions& options) {
  if (options.limit) {
    out << " LIMIT ";
    out.Placeholder({ParamKind::kLimit, 0});
  }
  if (options.offset) {
    out << " OFFSET ";
    out.Placeholder({ParamKind::kOffset, 0});
  }
}

// No field has `#` in its name.
void AppendKeyName(SqlWriter& out, std::size_t number) {
  out.Identifier("#" + std::to_string(number));
}

// What makes two rows one: the row id; in a view all that is selected (F-127).
void AppendRowIdentity(SqlWriter& out, const Plan& plan, const SelectOptions& options) {
  if (plan.collection->is_view()) return AppendColumns(out, options.columns);
  out.Alias(kBaseVar) << "." << out.dialect().RowId();
}

// Distinct rows in an order: a subquery takes of each base row the first
// combined row (F-137), whose keys then order the page.
void AppendDistinctPage(SqlWriter& out, const Plan& plan, const std::vector<VarId>& joined,
                        const SelectOptions& options) {
  const Dialect& dialect = out.dialect();
  const bool ties = OrdersTies(plan, dialect);
  out << "SELECT ";
  if (options.columns.empty()) out << "1";
  for (std::size_t i = 0; i < options.columns.size(); ++i) {
    out << (i > 0 ? ",first." : "first.");
    out.Identifier(options.columns[i]);
  }
  out << " FROM (SELECT DISTINCT ON (";
  AppendRowIdentity(out, plan, options);
  out << ") ";
  AppendColumns(out, options.columns);
  for (std::size_t i = 0; i < plan.sort.size(); ++i) {
    if (plan.sort[i].kind == SortKind::kRandom) continue;
    out << ",";
    dialect.AppendSortKey(out, plan, plan.sort[i]);
    out << " AS ";
    AppendKeyName(out, i);
  }
  if (ties) {
    out << ",";
    out.Alias(kBaseVar) << "." << dialect.RowId() << " AS ";
    AppendKeyName(out, plan.sort.size());
  }
  AppendFrom(out, plan, joined);
  AppendWhere(out, plan, options.lowering);
  out << " ORDER BY ";
  AppendRowIdentity(out, plan, options);
  for (VarId var : joined) {
    const std::string_view position = dialect.PositionColumn(plan.variables[var]);
    if (plan.variables[var].to_one || position.empty()) continue;
    out << ",";
    out.Alias(var) << "." << position;
  }
  out << ") AS first";
  for (std::size_t i = 0; i < plan.sort.size(); ++i) {
    out << (i == 0 ? " ORDER BY " : ",");
    if (plan.sort[i].kind == SortKind::kRandom) {
      dialect.AppendSortKey(out, plan, plan.sort[i]);
    } else {
      out << "first.";
      AppendKeyName(out, i);
    }
    dialect.AppendSortDirection(out, plan.sort[i]);
  }
  if (ties) {
    out << (plan.sort.empty() ? " ORDER BY first." : ",first.");
    AppendKeyName(out, plan.sort.size());
  }
  AppendPage(out, options);
}

// Only columns of the base order the page.
bool SortsByBase(const Plan& plan) {
  return std::all_of(plan.sort.begin(), plan.sort.end(),
                     [&plan](const SortTerm& term) { return SortColumn(plan, term) != nullptr; });
}

// What the statement's spelling is chosen by.
Asking AskingOf(const Plan& plan, const SelectOptions& options, const std::vector<VarId>& joined) {
  Asking asking;
  asking.statistics = options.statistics;
  if (options.limit) asking.rows = options.rows_asked;
  asking.sorted = options.order && !plan.sort.empty();
  asking.order_seen = !asking.sorted || !IsTotalOrder(plan);
  asking.joined = !joined.empty();
  return asking;
}

Asking AskingOfCount(const Statistics* statistics, const std::vector<VarId>& joined) {
  Asking asking;
  asking.statistics = statistics;
  asking.order_seen = false;
  asking.joined = !joined.empty();
  return asking;
}

// A page in an order that no index has: row ids are sorted with their keys, and
// the columns are read of the rows on the page only.
void AppendLatePage(SqlWriter& out, const Plan& plan, const std::vector<VarId>& joined,
                    const std::vector<VarId>& probes, const SelectOptions& options, bool reduce) {
  const std::string_view row_id = out.dialect().RowId();
  out << "SELECT ";
  AppendColumns(out, options.columns);
  AppendFrom(out, plan, {});
  out << " WHERE ";
  out.Alias(kBaseVar) << "." << row_id << " IN (SELECT ";
  out.Alias(kBaseVar) << "." << row_id;
  AppendFrom(out, plan, joined, reduce);
  AppendWhere(out, plan, options.lowering, probes);
  AppendOrder(out, plan);
  AppendPage(out, options);
  out << ")";
  AppendOrder(out, plan);
}

}  // namespace

SqlStatement SelectRows(const Plan& plan, const Dialect& dialect, const SelectOptions& options) {
  SqlWriter out(dialect);
  std::vector<VarId> joined = JoinedVariables(plan, options.order, options.lowering);
  const bool distinct =
      options.lowering == Lowering::kPlain ? !joined.empty() : Multiplies(plan, joined);
  const bool ordered = !options.order || IsTotalOrder(plan) || OrdersTies(plan, dialect);
  const bool reduce = options.lowering == Lowering::kRewritten && !distinct && ordered;
  const bool rewritten = options.lowering == Lowering::kRewritten && TakesTextLiterally(dialect);
  SpellingChoices choices;
  if (TakesTextLiterally(dialect)) {
    choices = ChooseSpellings(plan, AskingOf(plan, options, joined));
    out.set_choices(&choices);
  }
  const bool sorted = options.order && !plan.sort.empty() && !IndexGivesOrder(plan);
  std::vector<VarId> probes;
  if (rewritten && !distinct && !reduce) probes = EarlyProbes(plan);
  std::erase_if(joined, [&probes](VarId var) {
    return std::find(probes.begin(), probes.end(), var) != probes.end();
  });
  if (rewritten && !distinct && options.limit && sorted && SortsByBase(plan) &&
      !plan.collection->is_view()) {
    AppendLatePage(out, plan, joined, probes, options, reduce);
  } else if (distinct && options.order && !dialect.OrdersDistinctRows()) {
    AppendDistinctPage(out, plan, joined, options);
  } else {
    out << (distinct ? "SELECT DISTINCT " : "SELECT ");
    AppendColumns(out, options.columns);
    AppendFrom(out, plan, joined, reduce);
    AppendWhere(out, plan, options.lowering, probes);
    if (options.order) AppendOrder(out, plan);
    AppendPage(out, options);
  }
  SqlStatement statement = std::move(out).Take();
  statement.columns.assign(options.columns.begin(), options.columns.end());
  return statement;
}

SqlStatement SelectCount(const Plan& plan, const Dialect& dialect, Lowering lowering,
                         const Statistics* statistics) {
  SqlWriter out(dialect);
  const std::vector<VarId> joined = JoinedVariables(plan, false, lowering);
  SpellingChoices choices;
  if (TakesTextLiterally(dialect)) {
    choices = ChooseSpellings(plan, AskingOfCount(statistics, joined));
    out.set_choices(&choices);
  }
  const bool distinct = lowering == Lowering::kPlain || Multiplies(plan, joined);
  if (plan.collection->is_view()) {
    out << "SELECT COUNT(DISTINCT ";
    out.Column(kBaseVar, "id") << ")";
  } else if (distinct) {
    out << "SELECT COUNT(DISTINCT ";
    out.Alias(kBaseVar) << "." << dialect.RowId() << ")";
  } else {
    out << "SELECT COUNT(*)";
  }
  AppendFrom(out, plan, joined, !distinct && !plan.collection->is_view());
  AppendWhere(out, plan, lowering);
  return std::move(out).Take();
}

std::vector<ExistsChoice> ExplainRows(const Plan& plan, const SelectOptions& options) {
  const std::vector<VarId> joined = JoinedVariables(plan, options.order, options.lowering);
  return Explain(plan, ChooseSpellings(plan, AskingOf(plan, options, joined)));
}

std::vector<ExistsChoice> ExplainCount(const Plan& plan, const Statistics* statistics) {
  const std::vector<VarId> joined = JoinedVariables(plan, false, Lowering::kRewritten);
  return Explain(plan, ChooseSpellings(plan, AskingOfCount(statistics, joined)));
}

SqlStatement SelectBackIds(const Collection& collection, const Field& field,
                           const Dialect& dialect) {
  // A plan of the rows and, for a list, of its elements.
  Plan plan;
  plan.collection = &collection;
  plan.variables.resize(1);
  plan.variables[0].collection = &collection;
  plan.slots.push_back(Slot{SlotSource::kIds, Value::Text(""), "id"});
  plan.exprs.emplace_back(SlotExpr{0});
  SqlWriter out(dialect);
  out << "SELECT ";
  out.Column(kBaseVar, "id");
  AppendFrom(out, plan, {});
  out << " WHERE ";
  if (field.multiple()) {
    Variable elements;
    elements.domain = Domain::kElements;
    elements.column = field.name;
    plan.variables.push_back(std::move(elements));
    plan.exprs.emplace_back(ElementExpr{1});
    out << "EXISTS (SELECT 1 FROM ";
    dialect.AppendSource(out, plan, 1);
    out << " WHERE ";
  } else {
    plan.exprs.emplace_back(ColumnExpr{kBaseVar, &field});
  }
  dialect.AppendCompare(out, plan, CompareCond{CompareForm::kEqual, 1, 0});
  out << (field.multiple() ? ") LIMIT " : " LIMIT ");
  out.Placeholder({ParamKind::kLimit, 0});
  SqlStatement statement = std::move(out).Take();
  statement.columns = {"id"};
  return statement;
}

}  // namespace sluice
