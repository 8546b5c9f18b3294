// Scopes: design/core.md 2 in SQL. Tested by tests/pipeline and tests/oracle.
#include "sqlgen/cond_printer.h"

#include "sluice/simplify.h"
#include "sqlgen/access.h"
#include "sqlgen/exists_choice.h"

namespace sluice {
namespace {

bool HasJoinCondition(const Variable& var) {
  return var.domain != Domain::kElements && var.domain != Domain::kCollection &&
         var.domain != Domain::kSlotElements;
}

void AppendJunction(SqlWriter& out, const Plan& plan, const JunctionCond& junction) {
  out << "(";
  for (std::size_t i = 0; i < junction.terms.size(); ++i) {
    if (i > 0) out << (junction.op == LogicalOp::kAnd ? " AND " : " OR ");
    AppendCondition(out, plan, junction.terms[i]);
  }
  out << ")";
}

void AppendExists(SqlWriter& out, const Plan& plan, CondId id, const ExistsCond& exists) {
  std::vector<bool> inner;
  for (VarId var : exists.variables) inner.push_back(RejectsNullRow(plan, exists.condition, var));
  const ExistsSpelling spelling = SpellingOf(out.choices(), id);
  const bool list = spelling != ExistsSpelling::kProbes;
  if (list) {
    const Variable& first = plan.variables[exists.variables[0]];
    // With the sign, no index of the ids leads to the rows.
    if (spelling == ExistsSpelling::kTestedList) out << "+";
    out.Column(first.parent, "id") << " IN (SELECT ";
    out.Column(exists.variables[0], first.column) << " ";
  } else {
    out << "EXISTS (SELECT 1 ";
  }
  AppendScope(out, plan, exists.variables, inner, !list);
  if (const auto probe = FindListProbe(plan, exists); TakesTextLiterally(out.dialect()) && probe) {
    out.dialect().AppendMayHold(out, probe->row, *probe->field, probe->value);
    out << " AND ";
  }
  AppendCondition(out, plan, exists.condition);
  out << ")";
}

// No assignment may make the condition FALSE (F-59).
void AppendAllValues(SqlWriter& out, const Plan& plan, const AllValuesCond& all) {
  std::vector<bool> inner;
  for (VarId var : all.variables) inner.push_back(NeverFalseOnNullRow(plan, all.condition, var));
  out << "NOT EXISTS (SELECT 1 ";
  AppendScope(out, plan, all.variables, inner);
  out << "NOT (";
  AppendCondition(out, plan, all.condition);
  out << "))";
}

}  // namespace

void AppendScope(SqlWriter& out, const Plan& plan, const std::vector<VarId>& variables,
                 const std::vector<bool>& inner, bool tied) {
  const Dialect& dialect = out.dialect();
  // A variable that keeps its NULL row is the right side of a LEFT JOIN, so
  // something must stand on the left.
  out << "FROM ";
  bool first = true;
  if (!variables.empty() && !inner[0]) {
    out << dialect.OneRow() << " AS one";
    first = false;
  }
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (!first) out << (inner[i] ? " JOIN " : " LEFT JOIN ");
    dialect.AppendSource(out, plan, variables[i]);
    if (!first) {
      out << " ON ";
      dialect.AppendJoinCondition(out, plan, variables[i]);
    }
    first = false;
  }
  out << " WHERE ";
  if (tied && !variables.empty() && inner[0] && HasJoinCondition(plan.variables[variables[0]])) {
    dialect.AppendJoinCondition(out, plan, variables[0]);
    out << " AND ";
  }
}

void AppendCondition(SqlWriter& out, const Plan& plan, CondId id) {
  const Cond& cond = plan.conds[id];
  if (const auto* compare = std::get_if<CompareCond>(&cond)) {
    out << (IsLikely(out.choices(), id) ? "likely(" : "(");
    out.dialect().AppendCompare(out, plan, *compare);
    out << ")";
  } else if (const auto* constant = std::get_if<ConstantCond>(&cond)) {
    out.dialect().AppendTruth(out, constant->value);
  } else if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
    AppendJunction(out, plan, *junction);
  } else if (const auto* all = std::get_if<AllValuesCond>(&cond)) {
    AppendAllValues(out, plan, *all);
  } else if (const auto* exists = std::get_if<ExistsCond>(&cond)) {
    AppendExists(out, plan, id, *exists);
  } else {
    out.dialect().AppendInList(out, plan, std::get<InListCond>(cond));
  }
}

}  // namespace sluice
