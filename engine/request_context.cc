// Request values: look-up, header names, JSON text (F-91 to F-95).
#include "sluice/request_context.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sluice/value.h"

namespace sluice {
namespace {

void AppendEscaped(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f') {
      out += '\\';
      out += c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '\b' ? 'b' : 'f';
    } else if (c < 0x20 || c == '<' || c == '>' || c == '&') {
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else if (text.substr(i, 3) == "\xe2\x80\xa8" || text.substr(i, 3) == "\xe2\x80\xa9") {
      out += text[i + 2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += static_cast<char>(c);
    }
  }
  out += '"';
}

// Shortest round-trip digits; exponent form below 1e-6 and from 1e21.
void AppendNumber(std::string& out, double value) {
  const double size = std::fabs(value);
  if (size == 0 || (size >= 1e-6 && size < 1e21)) {
    out += PlainDecimalText(value);
    return;
  }
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view digits(buffer, static_cast<std::size_t>(end.ptr - buffer));
  // The exponent has two digits at least here, and no padding in JSON's form.
  const std::size_t e = digits.find('e');
  const bool padded = e != std::string_view::npos && digits.size() > e + 2 && digits[e + 2] == '0';
  out += padded ? digits.substr(0, e + 2) : digits;
  if (padded) out += digits.substr(e + 3);
}

void AppendJson(std::string& out, const JsonValue& value);

void AppendObject(std::string& out, const JsonValue& value) {
  std::vector<const std::pair<std::string, JsonValue>*> sorted;
  sorted.reserve(value.members.size());
  for (const auto& member : value.members) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  out += '{';
  for (const auto* member : sorted) {
    if (out.back() != '{') out += ',';
    AppendEscaped(out, member->first);
    out += ':';
    AppendJson(out, member->second);
  }
  out += '}';
}

// Recursion is bounded: bodies nest at most as deep as their parser allows.
void AppendJson(std::string& out, const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::kNull:
      out += "null";
      return;
    case JsonValue::Kind::kBool:
      out += value.boolean ? "true" : "false";
      return;
    case JsonValue::Kind::kNumber:
      return AppendNumber(out, value.number);
    case JsonValue::Kind::kString:
      return AppendEscaped(out, value.string);
    case JsonValue::Kind::kObject:
      return AppendObject(out, value);
    case JsonValue::Kind::kArray:
      out += '[';
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += ',';
        AppendJson(out, value.items[i]);
      }
      out += ']';
      return;
  }
}

bool IsWordChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

const JsonValue* JsonValue::Find(std::string_view key) const {
  if (kind != Kind::kObject) return nullptr;
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string ToJsonText(const JsonValue& value) {
  std::string text;
  AppendJson(text, value);
  return text;
}

std::string NormalizeHeaderName(std::string_view name) {
  std::string normal;
  for (char c : name) {
    if (IsWordChar(c)) {
      normal += LowerAscii(c);
    } else if (!normal.empty() && normal.back() != '_') {
      normal += '_';
    }
  }
  while (!normal.empty() && normal.back() == '_') normal.pop_back();
  return normal;
}

}  // namespace sluice
