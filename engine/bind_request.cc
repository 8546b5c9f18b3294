// What @request.* means (F-90 to F-102). Entry: Binder::BindRequestName.
// Tested by tests/engine/bind_request_test.cc.
#include "engine/binder_impl.h"
#include "engine/request_values.h"

namespace sluice {
namespace {

constexpr std::string_view kRequestPrefix = "@request.";

bool IsListField(const Field& field) {
  return field.type == FieldType::kSelect || field.type == FieldType::kRelation ||
         field.type == FieldType::kFile;
}

std::string BodyName(const Field& field) { return "@request.body." + field.name; }

std::string BodyText(const JsonValue* value) {
  if (value == nullptr) return "";
  switch (value->kind) {
    case JsonValue::Kind::kString:
      return value->string;
    case JsonValue::Kind::kBool:
      return value->boolean ? "true" : "false";
    case JsonValue::Kind::kNumber:
      return PlainDecimalText(value->number);
    case JsonValue::Kind::kNull:
    case JsonValue::Kind::kArray:
    case JsonValue::Kind::kObject:
      return "";
  }
  return "";
}

}  // namespace

StatusOr<Operand> Binder::BindRequestName(std::string_view name, const Scope& scope) {
  const std::string_view rest = name.substr(kRequestPrefix.size());
  const bool known = options_.request != nullptr;
  if (!known) plan_.of_one_request = true;
  if (rest == "context" || rest == "method") {
    if (!known) return NullOperand();
    const std::string& text = rest == "context" ? request().context : request().method;
    return ParameterOperand(SlotSource::kRequest, Value::Text(text), name);
  }
  const std::size_t dot = rest.find('.');
  const std::string_view kind = rest.substr(0, dot);
  const std::vector<std::string_view> segments = SplitPath(rest.substr(dot + 1));
  if (kind == "auth") return BindAuth(name, segments, scope);
  if (kind == "body") return BindBody(name, segments, scope);
  return BindStatic(name, scope);
}

// Looks at the part of the request that `name` means, without its modifier, and
// notes what is there. The value may be in `scratch`.
const JsonValue* Binder::LookAt(std::string_view name, const Scope& scope, JsonValue& scratch) {
  const std::string_view path = name.substr(kRequestPrefix.size());
  const std::string_view last = path.substr(path.rfind('.') + 1);
  const Field* field = scope.collection->FindField(last);
  const JsonValue* value = FindRequestValue(request(), path, scratch);
  plan_.looks.push_back(
      {std::string(path), StateOf(value), field != nullptr && field->type == FieldType::kNumber});
  return value;
}

StatusOr<Operand> Binder::BindStatic(std::string_view name, const Scope& scope) {
  const std::string_view last_segment = name.substr(name.rfind('.') + 1);
  const NameAndModifier last = SplitModifier(last_segment);
  if (last.has_modifier && !IsKnownModifier(last.modifier)) {
    return BindError("unknown modifier in " + Quoted(last_segment));
  }
  const std::string_view plain =
      last.has_modifier ? name.substr(0, name.size() - last.modifier.size() - 1) : name;
  JsonValue scratch;
  const JsonValue* value = LookAt(plain, scope, scratch);
  if (!last.has_modifier) return StaticOperand(name, value);
  if (last.modifier == "isset") return TruthOperand(value != nullptr);
  if (last.modifier != "lower") {
    return BindError("invalid modifier sequence " + std::string(last.name) + ":" +
                     std::string(last.modifier));
  }
  Operand operand = StaticOperand(name, value);
  if (operand.null_constant) {
    // LOWER of a bound NULL: it still counts as empty (F-45, F-96).
    operand.null_constant = false;
    operand.parameters = 1;
    operand.empty_parameter = true;
  }
  operand.expr = Add(LowerExpr{operand.expr});
  return operand;
}

// F-95: of the latest look.
Operand Binder::StaticOperand(std::string_view name, const JsonValue* value) {
  if (StateOf(value) != RequestLook::State::kPresent) return NullOperand();
  Operand operand = ParameterOperand(SlotSource::kRequest,
                                     RequestValueOf(*value, plan_.looks.back().number_field), name);
  plan_.slots.back().look = static_cast<std::uint32_t>(plan_.looks.size());
  if (value->kind == JsonValue::Kind::kBool) slot_texts_.back() = value->boolean ? "true" : "false";
  return operand;
}

StatusOr<Operand> Binder::BindBody(std::string_view name,
                                   const std::vector<std::string_view>& segments,
                                   const Scope& scope) {
  const NameAndModifier first =
      segments.size() == 1 ? SplitModifier(segments[0]) : NameAndModifier{segments[0], {}, false};
  const Field* field = scope.collection->FindField(first.name);
  if (field != nullptr && first.has_modifier && IsKnownModifier(first.modifier)) {
    return BindBodyField(name, *field, first.modifier, scope);
  }
  if (field != nullptr && segments.size() > 1 && field->type == FieldType::kRelation) {
    plan_.of_one_request = true;
    return BindBodyRelation(segments, *field, scope);
  }
  return BindStatic(name, scope);
}

// F-97 to F-99: modifiers on a value that has the name of a field.
StatusOr<Operand> Binder::BindBodyField(std::string_view name, const Field& field,
                                        std::string_view modifier, const Scope& scope) {
  if (modifier == "isset") {
    JsonValue scratch;
    return TruthOperand(LookAt(BodyName(field), scope, scratch) != nullptr);
  }
  if (modifier == "changed") return BindChanged(name, field, scope);
  plan_.of_one_request = true;
  const JsonValue* value = request().body.Find(field.name);
  if (modifier == "lower") {
    Operand operand = ParameterOperand(SlotSource::kRequest, Value::Text(BodyText(value)), name);
    operand.expr = Add(LowerExpr{operand.expr});
    return operand;
  }
  if (!IsListField(field))
    return BindError("field " + Quoted(field.name) + " doesn't support multivalue operations");
  const bool absent = value == nullptr || value->kind == JsonValue::Kind::kNull;
  if (modifier == "length") {
    const bool list = !absent && value->kind == JsonValue::Kind::kArray;
    const std::int64_t length = absent ? 0
                                : list ? static_cast<std::int64_t>(value->items.size())
                                       : 1;
    // Written into the peer's SQL as a number, so it counts as no parameter.
    Operand operand;
    operand.truth_constant = length == 0 || length == 1;
    operand.expr = Add(SlotExpr{AddSlot(SlotSource::kRequest, Value::Integer(length), name)});
    return operand;
  }
  JsonValue items(JsonValue::Kind::kArray);
  if (!absent && value->kind == JsonValue::Kind::kArray) {
    items = *value;
  } else if (!absent && !(value->kind == JsonValue::Kind::kString && value->string.empty())) {
    items.items.push_back(*value);
  }
  Variable elements;
  elements.domain = Domain::kSlotElements;
  elements.slot = AddSlot(SlotSource::kRequest, Value::Text(ToJsonText(items)), name);
  elements.path = std::string(name);
  Operand operand;
  operand.multi = field.multiple();
  operand.parameters = 1;  // the list itself: known non-empty (F-98)
  operand.expr = Add(ElementExpr{FindOrAddVariable(scope, std::move(elements), name)});
  return operand;
}

// F-99: the truth of (isset = true && @request.body.K != K).
StatusOr<Operand> Binder::BindChanged(std::string_view name, const Field& field,
                                      const Scope& scope) {
  JsonValue scratch;
  const JsonValue* value = LookAt(BodyName(field), scope, scratch);
  Operand sent = StaticOperand(name, value);
  SLUICE_ASSIGN_OR_RETURN(
      Operand stored,
      BindFieldName(field.name, Scope{scope.id, scope.base, scope.collection, BindMode::kOpen}));
  const CondId isset = Add(Cond{ConstantCond{ToTruth(value != nullptr)}});
  const CondId differs = MakeComparison(CompareOp::kNotEqual, sent, stored, scope);
  Operand operand;
  operand.mode = NullMode::kOff;
  operand.parameters = sent.parameters;
  operand.empty_parameter = sent.empty_parameter;
  operand.expr = Add(ConditionExpr{Junction(LogicalOp::kAnd, {isset, differs})});
  return operand;
}

}  // namespace sluice
