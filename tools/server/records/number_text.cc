// Tested by tests/server/records_number_text_test.cc.
#include "tools/server/records/number_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <system_error>

#include "sluice/strings.h"
#include "tools/server/json/json_text.h"

namespace sluice::records {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool IsDigit(char c, bool hex) {
  const char lower = LowerAscii(c);
  return (c >= '0' && c <= '9') || (hex && lower >= 'a' && lower <= 'f');
}

// `e+06`: sign and at least two digits.
void AppendExponent(std::string& out, int exponent) {
  out += exponent < 0 ? "e-" : "e+";
  exponent = std::abs(exponent);
  if (exponent < 10) {
    out += '0';
  }
  json::AppendInteger(out, exponent);
}

// Removes the underscores of `text` into `out`; false when one of them does
// not stand between two digits, or between the prefix 0x and a digit.
bool RemoveUnderscores(std::string_view text, bool hex, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    const bool after_digit = i == 0 ? hex : IsDigit(text[i - 1], hex);
    if (!after_digit || i + 1 == text.size() || !IsDigit(text[i + 1], hex)) {
      return false;
    }
  }
  return true;
}

// Reads the whole of `text`, which has neither sign nor underscore nor prefix.
std::optional<double> ParseUnsigned(std::string_view text, bool hex) {
  // Not what std::from_chars also takes: a sign, a name, another prefix.
  const bool starts = !text.empty() && (text[0] == '.' || IsDigit(text[0], hex));
  const bool has_exponent = text.find_first_of("pP") != std::string_view::npos;
  if (!starts || hex != has_exponent) {
    return std::nullopt;
  }
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number,
                                      hex ? std::chars_format::hex : std::chars_format::general);
  if (result.ptr != end || result.ec == std::errc::invalid_argument) {
    return std::nullopt;
  }
  if (result.ec == std::errc::result_out_of_range) {
    // Too large is no number, too small is zero; only strtod tells which.
    const std::string copy = (hex ? "0x" : "") + std::string(text);
    number = std::strtod(copy.c_str(), nullptr);
    if (std::isinf(number)) {
      return std::nullopt;
    }
  }
  return number;
}

}  // namespace

void AppendLoadedReal(std::string& out, double real) {
  if (std::isnan(real)) {
    out += "NaN";
    return;
  }
  if (std::isinf(real)) {
    out += real < 0 ? "-Inf" : "+Inf";
    return;
  }
  const double size = std::fabs(real);
  if (size < 1e6 && (size >= 1e-4 || size == 0)) {
    json::AppendNumber(out, real);
    return;
  }
  const json::Digits d = json::ShortestDigits(real);
  if (d.negative) {
    out += '-';
  }
  out += d.digits[0];
  if (d.count > 1) {
    out += '.';
    out.append(d.digits + 1, static_cast<std::size_t>(d.count - 1));
  }
  AppendExponent(out, d.point - 1);
}

std::optional<double> ParseNumberText(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  if (EqualsIgnoreCase(text, "nan")) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') {
    text.remove_prefix(1);
  }
  const double sign = negative ? -1 : 1;
  if (EqualsIgnoreCase(text, "inf") || EqualsIgnoreCase(text, "infinity")) {
    return sign * kInfinity;
  }
  const bool hex = text.size() > 2 && text[0] == '0' && LowerAscii(text[1]) == 'x';
  if (hex) {
    text.remove_prefix(2);
  }
  std::optional<double> number;
  if (text.find('_') == std::string_view::npos) {
    number = ParseUnsigned(text, hex);
  } else if (std::string plain; RemoveUnderscores(text, hex, plain)) {
    number = ParseUnsigned(plain, hex);
  }
  if (number) {
    *number *= sign;
  }
  return number;
}

}  // namespace sluice::records
