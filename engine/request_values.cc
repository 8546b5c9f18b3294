// Tested by tests/engine/bind_request_test.cc.
#include "engine/request_values.h"

#include <charconv>
#include <limits>
#include <optional>
#include <vector>

#include "engine/binder_impl.h"

namespace sluice {
namespace {

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

// F-94: maps by key, arrays by index; null when something is missing.
const JsonValue* Walk(const JsonValue* value, const std::vector<std::string_view>& segments,
                      std::size_t first) {
  for (std::size_t i = first; i < segments.size() && value != nullptr; ++i) {
    const std::string_view key = segments[i];
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

}  // namespace

const JsonValue* FindRequestValue(const RequestContext& request, std::string_view path,
                                  JsonValue& scratch) {
  const std::vector<std::string_view> segments = SplitPath(path);
  if (segments[0] == "body") return Walk(&request.body, segments, 1);
  for (const auto& [key, value] : segments[0] == "query" ? request.query : request.headers) {
    if (key != segments[1]) continue;
    scratch = JsonValue::String(value);
    return Walk(&scratch, segments, 2);
  }
  return nullptr;
}

RequestLook::State StateOf(const JsonValue* value) {
  if (value == nullptr) return RequestLook::State::kMissing;
  return value->kind == JsonValue::Kind::kNull ? RequestLook::State::kNull
                                               : RequestLook::State::kPresent;
}

Value RequestValueOf(const JsonValue& value, bool number_field) {
  switch (value.kind) {
    case JsonValue::Kind::kBool:
      return Value::Bool(value.boolean);
    case JsonValue::Kind::kNumber:
      return Value::Real(value.number);
    case JsonValue::Kind::kString: {
      const std::optional<double> number =
          number_field ? ParseFloatText(value.string) : std::nullopt;
      return number ? Value::Real(*number) : Value::Text(value.string);
    }
    case JsonValue::Kind::kNull:
    case JsonValue::Kind::kArray:
    case JsonValue::Kind::kObject:
      break;
  }
  return Value::Text(ToJsonText(value));
}

Value RequestPatternOf(const JsonValue& value, bool number_field) {
  if (value.kind == JsonValue::Kind::kBool)
    return Value::Text(WrapLikePattern(value.boolean ? "true" : "false"));
  return PatternOf(RequestValueOf(value, number_field));
}

}  // namespace sluice
