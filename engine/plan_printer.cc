// Dump of a Plan: one line a variable, then the condition and the sort.
#include "sluice/plan.h"

namespace sluice {
namespace {

std::string VarName(const Plan& plan, VarId var) {
  if (var == kBaseVar) return plan.collection->name;
  return "v" + std::to_string(var);
}

std::string Quote(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "'";
}

std::string DumpValue(const Value& value) {
  switch (value.storage) {
    case StorageClass::kNull:
      return "NULL";
    case StorageClass::kInteger:
      return std::to_string(value.integer);
    case StorageClass::kReal: {
      char buffer[32];
      return std::string(SqliteRealText(value.real, buffer));
    }
    case StorageClass::kText:
      return Quote(value.text);
  }
  return "";
}

std::string DumpSlot(const Plan& plan, SlotId id) {
  const Slot& slot = plan.slots[id];
  std::string text = "$" + std::to_string(id) + "=" + DumpValue(slot.value);
  return slot.name.empty() || slot.source == SlotSource::kJsonPath ? text
                                                                   : text + "{" + slot.name + "}";
}

std::string_view FormText(CompareForm form) {
  switch (form) {
    case CompareForm::kIs:
      return "is";
    case CompareForm::kIsNot:
      return "is-not";
    case CompareForm::kEqual:
      return "=";
    case CompareForm::kNotEqual:
      return "!=";
    case CompareForm::kLeftEmpty:
      return "right-is-empty";
    case CompareForm::kLeftNotEmpty:
      return "right-not-empty";
    case CompareForm::kRightEmpty:
      return "is-empty";
    case CompareForm::kRightNotEmpty:
      return "not-empty";
    case CompareForm::kCoalesceEqual:
      return "coalesce=";
    case CompareForm::kCoalesceNotEqual:
      return "coalesce!=";
    case CompareForm::kGreater:
      return ">";
    case CompareForm::kGreaterEqual:
      return ">=";
    case CompareForm::kLess:
      return "<";
    case CompareForm::kLessEqual:
      return "<=";
    case CompareForm::kLike:
      return "like";
    case CompareForm::kNotLike:
      return "not-like";
    case CompareForm::kLikeContains:
      return "contains";
    case CompareForm::kNotLikeContains:
      return "not-contains";
  }
  return "";
}

std::string_view DomainText(Domain domain) {
  switch (domain) {
    case Domain::kBase:
      return "base";
    case Domain::kSameId:
      return "same-id";
    case Domain::kRelation:
      return "relation";
    case Domain::kElements:
      return "elements";
    case Domain::kBack:
      return "back";
    case Domain::kBackElements:
      return "back-elements";
    case Domain::kCollection:
      return "collection";
    case Domain::kAuth:
      return "auth";
    case Domain::kSlotRows:
      return "body-rows";
    case Domain::kSlotElements:
      return "body-elements";
  }
  return "";
}

std::string List(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += " " + item;
  return text;
}

std::string DumpVariables(const std::vector<VarId>& variables) {
  std::string text = "(";
  for (VarId var : variables) text += (text.size() > 1 ? " v" : "v") + std::to_string(var);
  return text + ")";
}

std::string DumpVariable(const Plan& plan, VarId id) {
  const Variable& var = plan.variables[id];
  std::string text = "v" + std::to_string(id) + " " + std::string(DomainText(var.domain));
  if (var.collection != nullptr) text += " " + var.collection->name;
  if (!var.column.empty()) text += " ." + var.column;
  text += " of " + VarName(plan, var.parent);
  if (var.domain == Domain::kAuth || var.domain == Domain::kSlotRows ||
      var.domain == Domain::kSlotElements) {
    text += " " + DumpSlot(plan, var.slot);
  }
  text += var.to_one ? " to-one" : " to-many";
  if (var.bound) text += " bound";
  return text + " (" + var.path + ")";
}

}  // namespace

std::string DumpExpr(const Plan& plan, ExprId id) {
  const Expr& expr = plan.exprs[id];
  if (const auto* column = std::get_if<ColumnExpr>(&expr))
    return VarName(plan, column->var) + "." + column->field->name;
  if (const auto* json = std::get_if<JsonExpr>(&expr)) {
    return "(json " + VarName(plan, json->var) + "." + json->field->name + " " +
           DumpSlot(plan, json->path) + ")";
  }
  if (const auto* length = std::get_if<LengthExpr>(&expr)) {
    return "(length " + VarName(plan, length->var) + "." + length->field->name + ")";
  }
  if (const auto* element = std::get_if<ElementExpr>(&expr))
    return VarName(plan, element->var) + ".value";
  if (const auto* lower = std::get_if<LowerExpr>(&expr))
    return "(lower " + DumpExpr(plan, lower->argument) + ")";
  if (const auto* slot = std::get_if<SlotExpr>(&expr)) return DumpSlot(plan, slot->slot);
  if (const auto* constant = std::get_if<ConstantExpr>(&expr)) return DumpValue(constant->value);
  std::vector<std::string> items;
  if (const auto* strftime = std::get_if<StrftimeExpr>(&expr)) {
    for (ExprId argument : strftime->arguments) items.push_back(DumpExpr(plan, argument));
    return "(strftime" + List(items) + ")";
  }
  if (const auto* geo = std::get_if<GeoDistanceExpr>(&expr)) {
    for (ExprId argument : geo->arguments) items.push_back(DumpExpr(plan, argument));
    return "(geoDistance" + List(items) + ")";
  }
  return "(truth " + DumpCond(plan, std::get<ConditionExpr>(expr).condition) + ")";
}

std::string DumpCond(const Plan& plan, CondId id) {
  const Cond& cond = plan.conds[id];
  if (const auto* compare = std::get_if<CompareCond>(&cond)) {
    return "(" + std::string(FormText(compare->form)) + " " + DumpExpr(plan, compare->left) + " " +
           DumpExpr(plan, compare->right) + ")";
  }
  if (const auto* constant = std::get_if<ConstantCond>(&cond)) {
    return constant->value == Truth::kTrue    ? "true"
           : constant->value == Truth::kFalse ? "false"
                                              : "unknown";
  }
  if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
    std::string text = junction->op == LogicalOp::kAnd ? "(and" : "(or";
    for (CondId term : junction->terms) text += " " + DumpCond(plan, term);
    return text + ")";
  }
  if (const auto* all = std::get_if<AllValuesCond>(&cond)) {
    return "(never-false " + DumpVariables(all->variables) + " " + DumpCond(plan, all->condition) +
           ")";
  }
  if (const auto* exists = std::get_if<ExistsCond>(&cond)) {
    return "(exists " + DumpVariables(exists->variables) + " " + DumpCond(plan, exists->condition) +
           ")";
  }
  const InListCond& in = std::get<InListCond>(cond);
  return "(in " + DumpExpr(plan, in.left) + " " + DumpSlot(plan, in.slot) + ")";
}

std::string Dump(const Plan& plan) {
  std::string text = "base " + plan.collection->name + "\n";
  for (VarId var = 1; var < plan.variables.size(); ++var) text += DumpVariable(plan, var) + "\n";
  text += "where " + DumpCond(plan, plan.condition) + "\n";
  for (const SortTerm& term : plan.sort) {
    text += "order ";
    text += term.kind == SortKind::kRandom  ? "@random"
            : term.kind == SortKind::kRowId ? "@rowid"
                                            : DumpExpr(plan, term.expr);
    text += term.descending ? " desc\n" : "\n";
  }
  return text;
}

}  // namespace sluice
