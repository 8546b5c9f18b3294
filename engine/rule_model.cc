// Tested by tests/engine/rule_analysis_test.cc.
#include "engine/rule_model.h"

#include <algorithm>

#include "engine/static_eval.h"
#include "sluice/strings.h"

namespace sluice {
namespace {

// Ids and texts that no rule names.
constexpr std::string_view kOther[] = {"other1", "other2"};

bool IsRequestSlot(const Slot& slot) {
  if (slot.source != SlotSource::kRequest) return false;
  const std::string_view name = slot.name;
  return name.starts_with("@request.query.") || name.starts_with("@request.headers.") ||
         name.starts_with("@request.body.");
}

bool IsCallerFlag(const Slot& slot) {
  return slot.source == SlotSource::kRequest &&
         (slot.name == "@request.auth.verified" || slot.name == "@request.auth.emailVisibility");
}

std::string WithoutModifier(std::string_view name) {
  return std::string(name.substr(0, name.find(':')));
}

bool IsLike(CompareForm form) {
  return form == CompareForm::kLike || form == CompareForm::kNotLike ||
         form == CompareForm::kLikeContains || form == CompareForm::kNotLikeContains;
}

std::string_view SelectOptions(const Field& field) {
  const std::string_view json = field.options_json;
  const std::size_t at = json.find("\"values\":[");
  if (at == std::string_view::npos) return "";
  const std::size_t begin = at + 10;
  return json.substr(begin, json.find(']', begin) - begin);
}

}  // namespace

RuleModel::RuleModel(const Plan& plan, const RuleQuestion& question, const Schema& schema)
    : plan_(plan),
      question_(question),
      schema_(schema),
      expr_variable_(plan.exprs.size(), kNone),
      cond_variable_(plan.conds.size(), kNone) {
  CollectConstants();
  Visit(plan.condition);
  SortRequestFirst();
}

std::uint64_t RuleModel::Choices(std::uint64_t max) const {
  std::uint64_t choices = 1;
  for (const ModelVariable& variable : variables_) {
    choices *= variable.values.size();
    if (choices > max) return max + 1;
  }
  return choices;
}

void RuleModel::CollectConstants() {
  for (const Slot& slot : plan_.slots) {
    if (slot.source == SlotSource::kJsonPath || IsRequestSlot(slot)) continue;
    if (slot.value.storage == StorageClass::kText) {
      texts_.push_back(slot.value.text);
      if (const auto number = ParseNumericText(slot.value.text))
        numbers_.push_back(number->storage == StorageClass::kReal
                               ? number->real
                               : static_cast<double>(number->integer));
    } else if (slot.value.storage == StorageClass::kReal) {
      numbers_.push_back(slot.value.real);
      // As a text column compares with it (F-37).
      char buffer[32];
      texts_.emplace_back(SqliteRealText(slot.value.real, buffer));
    }
  }
  for (const auto& [field, value] : question_.row) {
    if (value.storage == StorageClass::kText) texts_.push_back(value.text);
  }
  std::sort(texts_.begin(), texts_.end());
  texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
  std::sort(numbers_.begin(), numbers_.end());
  numbers_.erase(std::unique(numbers_.begin(), numbers_.end()), numbers_.end());
}

// ---- what varies ----

void RuleModel::Visit(CondId id) {
  const Cond& cond = plan_.conds[id];
  if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
    for (const CondId term : junction->terms) Visit(term);
  } else if (const auto* compare = std::get_if<CompareCond>(&cond)) {
    if (IsDecidable(*compare)) {
      VisitExpr(compare->left);
      VisitExpr(compare->right);
    } else {
      cond_variable_[id] =
          Add(DumpCond(plan_, id), {.values = {Value::Bool(true), Value::Bool(false)}});
    }
  } else if (!std::holds_alternative<ConstantCond>(cond)) {
    // All other values of a path: they may object or not, each part for itself.
    cond_variable_[id] =
        Add("part " + std::to_string(id), {.values = {Value::Bool(true), Value::Bool(false)}});
  }
}

bool RuleModel::IsSent(std::string_view name) const {
  return std::any_of(plan_.slots.begin(), plan_.slots.end(), [name](const Slot& slot) {
    return slot.source == SlotSource::kRequest && WithoutModifier(slot.name) == name;
  });
}

bool RuleModel::IsDecidable(ExprId id) const {
  const Expr& expr = plan_.exprs[id];
  if (const auto* lower = std::get_if<LowerExpr>(&expr)) return IsDecidable(lower->argument);
  if (const auto* column = std::get_if<ColumnExpr>(&expr))
    return column->field->type != FieldType::kJson && column->field->type != FieldType::kGeoPoint;
  return std::holds_alternative<SlotExpr>(expr) || std::holds_alternative<ConstantExpr>(expr) ||
         std::holds_alternative<ElementExpr>(expr) || std::holds_alternative<LengthExpr>(expr) ||
         std::holds_alternative<ConditionExpr>(expr);
}

bool RuleModel::IsDecidable(const CompareCond& compare) const {
  if (!IsDecidable(compare.left) || !IsDecidable(compare.right)) return false;
  if (!IsLike(compare.form)) return true;
  const auto is_constant = [this](ExprId id) {
    const auto* slot = std::get_if<SlotExpr>(&plan_.exprs[id]);
    return std::holds_alternative<ConstantExpr>(plan_.exprs[id]) ||
           (slot != nullptr && !IsRequestSlot(plan_.slots[slot->slot]));
  };
  return is_constant(compare.left) && is_constant(compare.right);
}

void RuleModel::VisitExpr(ExprId id) {
  const Expr& expr = plan_.exprs[id];
  if (const auto* lower = std::get_if<LowerExpr>(&expr)) return VisitExpr(lower->argument);
  if (const auto* condition = std::get_if<ConditionExpr>(&expr)) return Visit(condition->condition);
  if (const auto* slot = std::get_if<SlotExpr>(&expr)) {
    const Slot& source = plan_.slots[slot->slot];
    const std::string name = WithoutModifier(source.name);
    if (IsCallerFlag(source)) {
      expr_variable_[id] = Add(name, {.values = {Value::Bool(true), Value::Bool(false)}});
    } else if (IsRequestSlot(source) &&
               (question_.body == nullptr || !name.starts_with("@request.body."))) {
      std::vector<Value> values = TextValues(true);
      for (Value& number : NumberValues()) values.push_back(std::move(number));
      expr_variable_[id] = Add(name, {.of_request = true, .values = std::move(values)});
    }
  } else if (const auto* column = std::get_if<ColumnExpr>(&expr)) {
    if (Pinned(*column)) return;
    const std::string body = "@request.body." + column->field->name;
    // What a new record holds is what was sent.
    const bool sent = question_.virtual_row && column->var == kBaseVar && IsSent(body);
    expr_variable_[id] =
        Add(sent ? body : "v" + std::to_string(column->var) + "." + column->field->name,
            {.of_request = sent,
             .values = ValuesOf(*column->field, column->var, column->field->multiple())});
  } else if (const auto* element = std::get_if<ElementExpr>(&expr)) {
    const Variable& variable = plan_.variables[element->var];
    const Collection* parent = plan_.variables[variable.parent].collection;
    const Field* field =
        parent == nullptr || variable.column.empty() ? nullptr : parent->FindField(variable.column);
    std::vector<Value> values =
        field == nullptr ? TextValues(true) : ValuesOf(*field, variable.parent, false);
    values.push_back(Value::Null());  // of an empty list
    expr_variable_[id] =
        Add("element " + std::to_string(element->var),
            {.of_request = variable.domain == Domain::kSlotElements, .values = std::move(values)});
  } else if (std::holds_alternative<LengthExpr>(expr)) {
    expr_variable_[id] = Add(DumpExpr(plan_, id), {.values = NumberValues()});
  }
}

std::size_t RuleModel::Add(const std::string& key, ModelVariable variable) {
  const auto [found, is_new] = by_key_.try_emplace(key, variables_.size());
  if (is_new) variables_.push_back(std::move(variable));
  return found->second;
}

void RuleModel::SortRequestFirst() {
  std::vector<std::size_t> place(variables_.size());
  std::vector<ModelVariable> sorted;
  for (const bool of_request : {true, false}) {
    for (std::size_t i = 0; i < variables_.size(); ++i) {
      if (variables_[i].of_request != of_request) continue;
      place[i] = sorted.size();
      sorted.push_back(std::move(variables_[i]));
    }
  }
  variables_ = std::move(sorted);
  for (auto* list : {&expr_variable_, &cond_variable_}) {
    for (std::size_t& variable : *list) {
      if (variable != kNone) variable = place[variable];
    }
  }
}

// ---- which values ----

std::optional<Value> RuleModel::Pinned(const ColumnExpr& column) const {
  if (column.var != kBaseVar) return std::nullopt;
  for (const auto& [name, value] : question_.row) {
    if (name == column.field->name) return value;
  }
  if (!question_.virtual_row) return std::nullopt;
  if (column.field->type == FieldType::kAutodate) return Value::Text("");
  if (column.field->name == "verified" && question_.collection->is_auth())
    return Value::Bool(false);
  return std::nullopt;
}

bool RuleModel::IsRequired(const Field& field) const {
  return field.primary_key || field.name == "id" || field.type == FieldType::kAutodate ||
         field.options_json.find("\"required\":true") != std::string::npos;
}

// Behind a relation there may be no row; the caller's own is there, and so is
// that of a required relation.
bool RuleModel::MayBeNullRow(VarId var) const {
  if (var == kBaseVar) return false;
  const Variable& variable = plan_.variables[var];
  if (variable.domain == Domain::kAuth) return false;
  if (variable.domain != Domain::kRelation || variable.column.empty()) return true;
  const Collection* parent = plan_.variables[variable.parent].collection;
  const Field* field = parent == nullptr ? nullptr : parent->FindField(variable.column);
  return field == nullptr || !IsRequired(*field) || MayBeNullRow(variable.parent);
}

std::vector<Value> RuleModel::TextValues(bool may_be_empty) const {
  std::vector<Value> values;
  if (may_be_empty) values.push_back(Value::Text(""));
  for (const std::string_view other : kOther) values.push_back(Value::Text(std::string(other)));
  for (const std::string& text : texts_) {
    if (text.empty()) continue;
    values.push_back(Value::Text(text));
    values.push_back(Value::Text(text + "~"));  // behind it in every order
  }
  values.push_back(Value::Text("!"));  // before most
  return values;
}

std::vector<Value> RuleModel::NumberValues() const {
  std::vector<double> all = {0, 1, 2};
  for (const double number : numbers_) {
    for (const double near : {number - 1, number, number + 0.5, number + 1}) all.push_back(near);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::vector<Value> values;
  for (const double number : all) values.push_back(Value::Real(number));
  return values;
}

std::vector<Value> RuleModel::ValuesOf(const Field& field, VarId var, bool list) const {
  std::vector<Value> values;
  const bool optional = !IsRequired(field);
  if (field.type == FieldType::kBool) {
    values = {Value::Bool(false), Value::Bool(true)};
  } else if (field.type == FieldType::kNumber) {
    values = NumberValues();
  } else if (list) {
    values = {Value::Text("[]"), Value::Text("[\"other1\"]")};
  } else if (field.type == FieldType::kSelect && !question_.virtual_row) {
    if (optional) values.push_back(Value::Text(""));
    std::string_view options = SelectOptions(field);
    while (!options.empty()) {
      const std::size_t open = options.find('"');
      const std::size_t close = open == std::string_view::npos ? open : options.find('"', open + 1);
      if (close == std::string_view::npos) break;
      values.push_back(Value::Text(std::string(options.substr(open + 1, close - open - 1))));
      options.remove_prefix(close + 1);
    }
    if (values.size() < 2) values = TextValues(optional);
  } else if (field.type == FieldType::kRelation || field.name == "id") {
    // Ids: the caller's only where the collection is the caller's.
    const Collection* of = field.name == "id" ? plan_.variables[var].collection
                                              : schema_.FindById(field.collection_id);
    if (field.name != "id" && optional) values.push_back(Value::Text(""));
    for (const std::string_view other : kOther) values.push_back(Value::Text(std::string(other)));
    const bool may_be_caller = question_.auth != nullptr && of != nullptr &&
                               (of == question_.auth->collection || of->is_view());
    for (const std::string& text : texts_) {
      const bool is_caller = question_.auth != nullptr && text == question_.auth->id;
      if (!text.empty() && (!is_caller || may_be_caller)) values.push_back(Value::Text(text));
    }
  } else {
    values = TextValues(optional);
  }
  if (MayBeNullRow(var)) values.push_back(Value::Null());
  return values;
}

// ---- the truth at one choice ----

Value RuleModel::ValueOf(ExprId id, std::optional<CondId> denied) const {
  if (expr_variable_[id] != kNone) return Chosen(expr_variable_[id]);
  const Expr& expr = plan_.exprs[id];
  if (const auto* constant = std::get_if<ConstantExpr>(&expr)) return constant->value;
  if (const auto* slot = std::get_if<SlotExpr>(&expr)) return plan_.slots[slot->slot].value;
  if (const auto* column = std::get_if<ColumnExpr>(&expr))
    return Pinned(*column).value_or(Value::Null());
  if (const auto* condition = std::get_if<ConditionExpr>(&expr)) {
    const Truth truth = TruthOf(condition->condition, denied);
    return truth == Truth::kUnknown ? Value::Null() : Value::Bool(truth == Truth::kTrue);
  }
  if (const auto* lower = std::get_if<LowerExpr>(&expr)) {
    const Value argument = ValueOf(lower->argument, denied);
    char buffer[32];
    const auto text = TextOf(argument.view(), buffer);
    return text ? Value::Text(LowerAscii(*text)) : Value::Null();
  }
  return Value::Null();
}

Truth RuleModel::TruthOf(CondId id, std::optional<CondId> denied) const {
  if (denied == id) return Truth::kFalse;
  if (cond_variable_[id] != kNone) return ToTruth(Chosen(cond_variable_[id]).integer == 1);
  const Cond& cond = plan_.conds[id];
  if (const auto* constant = std::get_if<ConstantCond>(&cond)) return constant->value;
  if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
    const bool conjunction = junction->op == LogicalOp::kAnd;
    Truth truth = ToTruth(conjunction);
    for (const CondId term : junction->terms) {
      const Truth one = TruthOf(term, denied);
      truth = conjunction ? And(truth, one) : Or(truth, one);
    }
    return truth;
  }
  const CompareCond& compare = std::get<CompareCond>(cond);
  const Value left = ValueOf(compare.left, denied);
  const Value right = ValueOf(compare.right, denied);
  return CompareByForm(compare.form, left.view(), AffinityOf(plan_, compare.left), right.view(),
                       AffinityOf(plan_, compare.right));
}

}  // namespace sluice
