// The hot loop of every response: clean runs are found 16 bytes at a time and
// appended whole. Tested by tests/server/json_text_test.cc.
#include "tools/server/json/json_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sluice::json {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Bytes that end a clean run: those to escape, and all that are not ASCII.
constexpr std::array<bool, 256> kStops = [] {
  std::array<bool, 256> stops{};
  for (std::size_t c = 0; c < stops.size(); ++c) {
    stops[c] = c < 0x20 || c >= 0x80 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&';
  }
  return stops;
}();

// The first stop in [p, end), or end.
const char* FindStop(const char* p, const char* end) {
#if defined(__SSE2__)
  for (; end - p >= 16; p += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const auto equals = [&](char c) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(c)); };
    // Signed comparison: bytes from 0x80 up are negative, so they stop as well.
    __m128i stops = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
    stops = _mm_or_si128(stops, _mm_or_si128(equals('"'), equals('\\')));
    stops = _mm_or_si128(stops, _mm_or_si128(equals('<'), equals('>')));
    stops = _mm_or_si128(stops, equals('&'));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(stops));
    if (mask != 0) {
      return p + std::countr_zero(mask);
    }
  }
#endif
  while (p != end && !kStops[static_cast<unsigned char>(*p)]) {
    ++p;
  }
  return p;
}

void AppendAsciiEscape(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  out += "\\u00";
  out += kHexDigits[c >> 4];
  out += kHexDigits[c & 15];
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

CodePoint DecodeCodePoint(std::string_view text) {
  constexpr CodePoint kInvalid{0xFFFD, 1, false};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1, true};
  }
  if (lead < 0xC2 || lead > 0xF4) {
    return kInvalid;
  }
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < length) {
    return kInvalid;
  }
  char32_t value = lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) {
      return kInvalid;
    }
    value = value << 6 | (byte(i) & 0x3F);
  }
  // What a shorter sequence could spell, surrogates, and beyond the last one.
  if ((length == 3 && (value < 0x800 || (value >= 0xD800 && value < 0xE000))) ||
      (length == 4 && (value < 0x10000 || value > 0x10FFFF))) {
    return kInvalid;
  }
  return {value, length, true};
}

void AppendCodePoint(std::string& out, char32_t value) {
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += static_cast<char>(0xC0 | value >> 6);
    out += static_cast<char>(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    out += static_cast<char>(0xE0 | value >> 12);
    out += static_cast<char>(0x80 | (value >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (value & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | value >> 18);
    out += static_cast<char>(0x80 | (value >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (value >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (value & 0x3F));
  }
}

void AppendStringContent(std::string& out, std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* run = text.data();
  const char* p = run;
  while ((p = FindStop(p, end)) != end) {
    const auto c = static_cast<unsigned char>(*p);
    std::size_t length = 1;
    std::string_view escape;
    if (c >= 0x80) {
      const CodePoint point = DecodeCodePoint({p, static_cast<std::size_t>(end - p)});
      length = point.length;
      if (!point.valid) {
        escape = "\\ufffd";
      } else if (point.value == 0x2028) {
        escape = "\\u2028";
      } else if (point.value == 0x2029) {
        escape = "\\u2029";
      } else {
        p += length;
        continue;
      }
    } else if (c == '<') {
      escape = "\\u003c";
    } else if (c == '>') {
      escape = "\\u003e";
    } else if (c == '&') {
      escape = "\\u0026";
    }
    out.append(run, p);
    if (escape.empty()) {
      AppendAsciiEscape(out, c);
    } else {
      out += escape;
    }
    p += length;
    run = p;
  }
  out.append(run, end);
}

void AppendString(std::string& out, std::string_view text) {
  out += '"';
  AppendStringContent(out, text);
  out += '"';
}

bool IsPlain(std::string_view text) {
  const char* const end = text.data() + text.size();
  return FindStop(text.data(), end) == end;
}

void AppendInteger(std::string& out, std::int64_t number) {
  char buffer[24];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, number);
  out.append(buffer, result.ptr);
}

Digits ShortestDigits(double number) {
  char buffer[32];
  const auto result =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific);
  Digits digits;
  const char* p = buffer;
  digits.negative = *p == '-';
  p += digits.negative ? 1 : 0;
  for (; *p != 'e'; ++p) {
    if (*p != '.') {
      digits.digits[digits.count++] = *p;
    }
  }
  // std::from_chars takes no plus sign.
  p += p[1] == '+' ? 2 : 1;
  int exponent = 0;
  std::from_chars(p, result.ptr, exponent);
  digits.point = exponent + 1;
  return digits;
}

void AppendNumber(std::string& out, double number) {
  constexpr double kExactIntegers = 9007199254740992;  // 2^53
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  if (std::fabs(number) <= kExactIntegers && number == std::trunc(number)) {
    if (number == 0 && std::signbit(number)) {
      out += '-';
    }
    AppendInteger(out, static_cast<std::int64_t>(number));
    return;
  }
  const Digits d = ShortestDigits(number);
  const std::string_view digits(d.digits, static_cast<std::size_t>(d.count));
  if (d.negative) {
    out += '-';
  }
  const int exponent = d.point - 1;
  if (exponent < -6 || exponent >= 21) {
    out += digits[0];
    if (d.count > 1) {
      out += '.';
      out += digits.substr(1);
    }
    out += exponent < 0 ? "e-" : "e+";
    AppendInteger(out, std::abs(exponent));
  } else if (d.point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-d.point), '0');
    out += digits;
  } else if (d.point >= d.count) {
    out += digits;
    out.append(static_cast<std::size_t>(d.point - d.count), '0');
  } else {
    out += digits.substr(0, static_cast<std::size_t>(d.point));
    out += '.';
    out += digits.substr(static_cast<std::size_t>(d.point));
  }
}

}  // namespace sluice::json
