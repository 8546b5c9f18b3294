// JSON string escaping and number text. The escape loop walks over
// clean bytes and copies them in runs; where SSE2 is there it tests 16 bytes at
// a time. Tested by http_json_test.cc.
#include "tools/server/http/json_escape.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "tools/server/http/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sluice::http {
namespace {

// Bytes that end a clean run: all that is escaped, and all that starts or is
// part of a non-ASCII character and so has to be looked at.
constexpr std::array<bool, 256> MakeStopTable() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 256; ++c) {
    table[c] = c < 0x20 || c >= 0x80 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&';
  }
  return table;
}
constexpr std::array<bool, 256> kStops = MakeStopTable();

// The first index from `at` on whose byte is in kStops, or the size.
std::size_t SkipClean(std::string_view text, std::size_t at) {
#if defined(__SSE2__)
  while (at + 16 <= text.size()) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const auto equals = [&](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
    // Signed: bytes from 0x80 on are negative, so one comparison finds them
    // and the control characters.
    __m128i stops = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    stops = _mm_or_si128(stops, _mm_or_si128(equals('"'), equals('\\')));
    stops = _mm_or_si128(stops, _mm_or_si128(equals('<'), _mm_or_si128(equals('>'), equals('&'))));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(stops));
    if (mask != 0) {
      return at + static_cast<std::size_t>(__builtin_ctz(mask));
    }
    at += 16;
  }
#endif
  while (at < text.size() && !kStops[static_cast<unsigned char>(text[at])]) {
    ++at;
  }
  return at;
}

void AppendEscapedAscii(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out.append("\\u00");
  out.push_back(kHex[byte >> 4U]);
  out.push_back(kHex[byte & 15U]);
}

// Digits and exponent of a double: value = 0.d1d2d3… * 10^point.
struct Decimal {
  bool negative = false;
  std::array<char, 24> digits{};
  int count = 0;
  int point = 0;
};

// std::to_chars picks the shortest digits only in scientific form: in fixed
// form a large number is printed with its exact digits where the peer pads with
// zeros. So the digits come from there and are laid out here.
Decimal ShortestDecimal(double number) {
  std::array<char, 40> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::scientific)
          .ptr;
  Decimal decimal;
  const char* at = text.data();
  if (*at == '-') {
    decimal.negative = true;
    ++at;
  }
  for (; *at != 'e'; ++at) {
    if (*at != '.') {
      decimal.digits[static_cast<std::size_t>(decimal.count++)] = *at;
    }
  }
  ++at;
  if (*at == '+') {
    ++at;
  }
  std::from_chars(at, end, decimal.point);
  ++decimal.point;
  return decimal;
}

void AppendFixed(std::string& out, const Decimal& decimal) {
  const auto count = static_cast<std::size_t>(decimal.count);
  if (decimal.negative) {
    out.push_back('-');
  }
  if (decimal.point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-decimal.point), '0');
    out.append(decimal.digits.data(), count);
    return;
  }
  const auto point = static_cast<std::size_t>(decimal.point);
  if (point >= count) {
    out.append(decimal.digits.data(), count).append(point - count, '0');
    return;
  }
  out.append(decimal.digits.data(), point).push_back('.');
  out.append(decimal.digits.data() + point, count - point);
}

void AppendExponent(std::string& out, const Decimal& decimal) {
  if (decimal.negative) {
    out.push_back('-');
  }
  out.push_back(decimal.digits[0]);
  if (decimal.count > 1) {
    out.push_back('.');
    out.append(decimal.digits.data() + 1, static_cast<std::size_t>(decimal.count - 1));
  }
  const int exponent = decimal.point - 1;
  out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
}

// Whole numbers that a double holds exactly need no digit search.
bool AppendIfSmallWhole(std::string& out, double number) {
  constexpr double kExactMax = 9007199254740992.0;
  if (!(std::fabs(number) < kExactMax) || (number == 0 && std::signbit(number))) {
    return false;
  }
  const auto whole = static_cast<std::int64_t>(number);
  if (static_cast<double>(whole) != number) {
    return false;
  }
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), whole).ptr;
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

void AppendJsonEscaped(std::string& out, std::string_view text) {
  std::size_t run = 0;
  std::size_t at = 0;
  while ((at = SkipClean(text, at)) < text.size()) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    const std::size_t size = byte < 0x80 ? 1 : Utf8SequenceSize(text, at);
    const bool is_line_separator =
        size == 3 && byte == 0xE2 && text[at + 1] == '\x80' && (text[at + 2] & '\xFE') == '\xA8';
    if (size > 1 && !is_line_separator) {
      at += size;
      continue;
    }
    out.append(text.substr(run, at - run));
    if (size == 0) {
      out.append("\\ufffd");
    } else if (is_line_separator) {
      out.append(text[at + 2] == '\xA8' ? "\\u2028" : "\\u2029");
    } else {
      AppendEscapedAscii(out, c);
    }
    at += size == 0 ? 1 : size;
    run = at;
  }
  out.append(text.substr(run));
}

void AppendJsonString(std::string& out, std::string_view text) {
  out.push_back('"');
  AppendJsonEscaped(out, text);
  out.push_back('"');
}

bool AppendJsonNumber(std::string& out, double number) {
  if (!std::isfinite(number)) {
    return false;
  }
  if (AppendIfSmallWhole(out, number)) {
    return true;
  }
  const double size = std::fabs(number);
  const Decimal decimal = ShortestDecimal(number);
  if (size != 0 && (size < 1e-6 || size >= 1e21)) {
    AppendExponent(out, decimal);
  } else {
    AppendFixed(out, decimal);
  }
  return true;
}

bool AppendPlainNumber(std::string& out, double number) {
  if (!std::isfinite(number)) {
    return false;
  }
  if (!AppendIfSmallWhole(out, number)) {
    AppendFixed(out, ShortestDecimal(number));
  }
  return true;
}

}  // namespace sluice::http
