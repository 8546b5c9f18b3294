// The spelling is tools/server/json's; here are the two questions that only
// answers of the HTTP layer ask. Tested by http_json_test.cc.
#include "tools/server/http/json_escape.h"

#include <cmath>

#include "tools/server/json/json_text.h"

namespace sluice::http {

void AppendJsonString(std::string& out, std::string_view text) { json::AppendString(out, text); }

void AppendJsonEscaped(std::string& out, std::string_view text) {
  json::AppendStringContent(out, text);
}

bool AppendJsonNumber(std::string& out, double number) {
  if (!std::isfinite(number)) return false;
  json::AppendNumber(out, number);
  return true;
}

bool AppendPlainNumber(std::string& out, double number) {
  if (!std::isfinite(number)) return false;
  if (number == 0) {
    out += std::signbit(number) ? "-0" : "0";
    return true;
  }
  const json::Digits digits = json::ShortestDigits(number);
  const std::string_view text(digits.digits, static_cast<std::size_t>(digits.count));
  if (digits.negative) out += '-';
  if (digits.point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-digits.point), '0').append(text);
    return true;
  }
  const auto point = static_cast<std::size_t>(digits.point);
  if (point >= text.size()) {
    out.append(text).append(point - text.size(), '0');
  } else {
    out.append(text.substr(0, point)).append(1, '.').append(text.substr(point));
  }
  return true;
}

}  // namespace sluice::http
