// What @request.* means (F-90 to F-102). Entry: Binder::BindRequestName.
// Tested by tests/engine/bind_request_test.cc.
#include <charconv>

#include "engine/binder_impl.h"

namespace sluice {
namespace {

constexpr std::string_view kRequestPrefix = "@request.";

// F-95: the float that a text is, for a value named like a number field.
// Accepts what the peer's conversion does: exponents, hex floats, inf, nan and
// digit separators; an overflow is no number.
std::optional<double> ParseFloatText(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::string clean;
  bool negative = false;
  std::size_t i = 0;
  if (text[0] == '+' || text[0] == '-') {
    negative = text[0] == '-';
    i = 1;
  }
  std::string_view rest = text.substr(i);
  for (std::string_view word : {"inf", "infinity", "nan"}) {
    if (!EqualsIgnoreCase(rest, word)) continue;
    if (word == "nan" && i != 0) return std::nullopt;
    const double value = word == "nan" ? std::numeric_limits<double>::quiet_NaN()
                                       : std::numeric_limits<double>::infinity();
    return negative ? -value : value;
  }
  const bool hex = rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X');
  if (hex) rest.remove_prefix(2);
  // A hexadecimal float needs its binary exponent, and only a prefix or a
  // digit may stand before an underscore.
  if (hex && rest.find_first_of("pP") == std::string_view::npos) return std::nullopt;
  for (char c : rest) {
    if (c == '_') return std::nullopt;  // only base prefixes allow separators
    clean += c;
  }
  if (clean.empty() || clean[0] == '+' || clean[0] == '-' || clean[0] == 'i' || clean[0] == 'n' ||
      clean[0] == 'I' || clean[0] == 'N') {
    return std::nullopt;
  }
  double value = 0;
  const char* end = clean.data() + clean.size();
  const auto result = std::from_chars(clean.data(), end, value,
                                      hex ? std::chars_format::hex : std::chars_format::general);
  if (result.ptr != end) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) {
    // Underflow is zero, overflow is no number.
    const std::size_t e = clean.find_first_of("eEpP");
    const bool tiny = e != std::string::npos && e + 1 < clean.size() && clean[e + 1] == '-';
    if (!tiny) return std::nullopt;
    value = 0;
  } else if (result.ec != std::errc()) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

JsonValue MapOf(const std::vector<std::pair<std::string, std::string>>& pairs) {
  JsonValue map = JsonValue::Object();
  for (const auto& [key, value] : pairs) {
    if (map.Find(key) == nullptr) map.members.emplace_back(key, JsonValue::String(value));
  }
  return map;
}

bool IsListField(const Field& field) {
  return field.type == FieldType::kSelect || field.type == FieldType::kRelation ||
         field.type == FieldType::kFile;
}

// F-94: maps by key, arrays by index; null when something is missing.
const JsonValue* Walk(const JsonValue& root, const std::vector<std::string_view>& segments,
                      std::string_view last) {
  const JsonValue* value = &root;
  for (std::size_t i = 0; i < segments.size() && value != nullptr; ++i) {
    const std::string_view key = i + 1 == segments.size() ? last : segments[i];
    if (value->kind == JsonValue::Kind::kArray) {
      std::size_t index = 0;
      const auto result = std::from_chars(key.data(), key.data() + key.size(), index);
      const bool fits = result.ec == std::errc() && result.ptr == key.data() + key.size() &&
                        index < value->items.size();
      value = fits ? &value->items[index] : nullptr;
    } else {
      value = value->Find(key);
    }
  }
  return value;
}

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
  plan_.of_one_request = true;
  if (kind == "body") return BindBody(name, segments, scope);
  return BindStatic(name, MapOf(kind == "query" ? request().query : request().headers), segments,
                    scope);
}

StatusOr<Operand> Binder::BindStatic(std::string_view name, const JsonValue& root,
                                     const std::vector<std::string_view>& segments,
                                     const Scope& scope) {
  const NameAndModifier last = SplitModifier(segments.back());
  if (last.has_modifier && !IsKnownModifier(last.modifier)) {
    return BindError("unknown modifier in " + Quoted(segments.back()));
  }
  const JsonValue* value = Walk(root, segments, last.name);
  if (!last.has_modifier) return StaticOperand(name, value, last.name, scope);
  if (last.modifier == "isset") return TruthOperand(value != nullptr);
  if (last.modifier != "lower") {
    return BindError("invalid modifier sequence " + std::string(last.name) + ":" +
                     std::string(last.modifier));
  }
  Operand operand = StaticOperand(name, value, last.name, scope);
  if (operand.null_constant) {
    // LOWER of a bound NULL: it still counts as empty (F-45, F-96).
    operand.null_constant = false;
    operand.parameters = 1;
    operand.empty_parameter = true;
  }
  operand.expr = Add(LowerExpr{operand.expr});
  return operand;
}

// F-95.
Operand Binder::StaticOperand(std::string_view name, const JsonValue* value,
                              std::string_view last_segment, const Scope& scope) {
  if (value == nullptr || value->kind == JsonValue::Kind::kNull) return NullOperand();
  switch (value->kind) {
    case JsonValue::Kind::kBool: {
      Operand operand = ParameterOperand(SlotSource::kRequest, Value::Bool(value->boolean), name);
      slot_texts_.back() = value->boolean ? "true" : "false";
      return operand;
    }
    case JsonValue::Kind::kNumber:
      return ParameterOperand(SlotSource::kRequest, Value::Real(value->number), name);
    case JsonValue::Kind::kString: {
      const Field* field = scope.collection->FindField(last_segment);
      if (field != nullptr && field->type == FieldType::kNumber) {
        if (std::optional<double> number = ParseFloatText(value->string)) {
          return ParameterOperand(SlotSource::kRequest, Value::Real(*number), name);
        }
      }
      return ParameterOperand(SlotSource::kRequest, Value::Text(value->string), name);
    }
    case JsonValue::Kind::kNull:
    case JsonValue::Kind::kArray:
    case JsonValue::Kind::kObject:
      break;
  }
  return ParameterOperand(SlotSource::kRequest, Value::Text(ToJsonText(*value)), name);
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
    return BindBodyRelation(segments, *field, scope);
  }
  return BindStatic(name, request().body, segments, scope);
}

// F-97 to F-99: modifiers on a value that has the name of a field.
StatusOr<Operand> Binder::BindBodyField(std::string_view name, const Field& field,
                                        std::string_view modifier, const Scope& scope) {
  const JsonValue* value = request().body.Find(field.name);
  if (modifier == "isset") return TruthOperand(value != nullptr);
  if (modifier == "changed") return BindChanged(name, field, scope);
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
  JsonValue items{.kind = JsonValue::Kind::kArray};
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
  const JsonValue* value = request().body.Find(field.name);
  Operand sent = StaticOperand(name, value, field.name, scope);
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
