// The hot loop of every response: clean runs are found 16 bytes at a time and
// appended whole. Tested by tests/server/json_text_test.cc.
#include "tools/server/json/json_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

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

#if defined(__SSE2__)
// A bit for each of sixteen bytes that is a stop.
inline unsigned StopBits(__m128i block) {
  const auto equals = [&](char c) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(c)); };
  // Signed comparison: bytes from 0x80 up are negative, so they stop as well.
  __m128i stops = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
  stops = _mm_or_si128(stops, _mm_or_si128(equals('"'), equals('\\')));
  stops = _mm_or_si128(stops, _mm_or_si128(equals('<'), equals('>')));
  stops = _mm_or_si128(stops, equals('&'));
  return static_cast<unsigned>(_mm_movemask_epi8(stops));
}

// Eight to sixteen bytes, those in the middle twice.
inline __m128i Ends(const char* p, const char* end) {
  return _mm_unpacklo_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)),
                            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(end - 8)));
}
#endif

// The first stop in [p, end), or end.
inline const char* FindStop(const char* p, const char* end) {
#if defined(__SSE2__)
  for (; end - p >= 16; p += 16) {
    const unsigned bits = StopBits(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    if (bits != 0) return p + std::countr_zero(bits);
  }
  if (end - p >= 8 && StopBits(Ends(p, end)) == 0) return end;
#endif
  while (p != end && !kStops[static_cast<unsigned char>(*p)]) {
    ++p;
  }
  return p;
}

// Room for six bytes.
char* PutEscape(char* out, unsigned char c) {
  constexpr char kNamed[] = {'b', 't', 'n', 0, 'f', 'r'};  // from \b on
  *out++ = '\\';
  if (c == '"' || c == '\\') {
    *out++ = static_cast<char>(c);
    return out;
  }
  if (c >= '\b' && c <= '\r' && c != '\v') {
    *out++ = kNamed[c - '\b'];
    return out;
  }
  const char rest[] = {'u', '0', '0', kHexDigits[c >> 4], kHexDigits[c & 15]};
  return std::copy(std::begin(rest), std::end(rest), out);
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

namespace {

// The stop at `p`, an escape or a character beyond ASCII; steps over it.
char* PutStop(char* out, const char*& p, const char* end) {
  const auto c = static_cast<unsigned char>(*p);
  if (c < 0x80) {
    ++p;
    return PutEscape(out, c);
  }
  const CodePoint point = DecodeCodePoint({p, static_cast<std::size_t>(end - p)});
  const char* const begin = p;
  p += point.length;
  if (!point.valid) return std::copy_n("\\ufffd", 6, out);
  if (point.value == 0x2028) return std::copy_n("\\u2028", 6, out);
  if (point.value == 0x2029) return std::copy_n("\\u2029", 6, out);
  return std::copy(begin, p, out);
}

// Looks at a block and copies it at once; what was copied beyond a stop is
// written over. There is room: each byte yet to come has six.
char* PutContent(char* out, std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
#if defined(__SSE2__)
    if (end - p >= 16) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      const unsigned bits = StopBits(block);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out), block);
      const int clean = bits == 0 ? 16 : std::countr_zero(bits);
      out += clean;
      p += clean;
      if (bits != 0) out = PutStop(out, p, end);
      continue;
    }
    if (end - p >= 8 && StopBits(Ends(p, end)) == 0) {
      const std::ptrdiff_t rest = end - p;
      std::memcpy(out, p, 8);
      std::memcpy(out + rest - 8, end - 8, 8);
      return out + rest;
    }
#endif
    if (kStops[static_cast<unsigned char>(*p)]) {
      out = PutStop(out, p, end);
    } else {
      *out++ = *p++;
    }
  }
  return out;
}

// The longest beginning of `text`, of `bytes` at most, that ends between two
// characters.
std::size_t WholeCharacters(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text.size();
  for (std::size_t back = 1; back <= 3; ++back) {
    if (static_cast<unsigned char>(text[bytes - back]) >= 0xC0) return bytes - back;
  }
  return bytes;
}

}  // namespace

void AppendStringContent(std::string& out, std::string_view text) {
  constexpr std::size_t kPiece = 512;
  char buffer[StringRoom(kPiece)];
  while (!text.empty()) {
    const std::size_t size = WholeCharacters(text, kPiece);
    out.append(buffer, PutContent(buffer, text.substr(0, size)));
    text.remove_prefix(size);
  }
}

char* PutString(char* out, std::string_view text) {
  *out++ = '"';
  out = PutContent(out, text);
  *out++ = '"';
  return out;
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

char* PutInteger(char* out, std::int64_t number) {
  return std::to_chars(out, out + kNumberRoom, number).ptr;
}

void AppendInteger(std::string& out, std::int64_t number) {
  char buffer[kNumberRoom];
  out.append(buffer, PutInteger(buffer, number));
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

namespace {

char* Put(char* out, std::string_view text) { return std::copy_n(text.data(), text.size(), out); }

char* PutZeros(char* out, int count) {
  std::memset(out, '0', static_cast<std::size_t>(count));
  return out + count;
}

// A number of thousandths, as most numbers that people write are. Decimals of
// up to 15 digits lead to different doubles, so the one that leads to `number`
// is the shortest. Null for other numbers.
char* PutThousandths(char* out, double number) {
  constexpr double kMax = 1e12;
  if (!(std::fabs(number) < kMax)) return nullptr;
  const double scaled = std::nearbyint(number * 1000);
  if (scaled == 0 || scaled / 1000 != number) return nullptr;
  auto thousandths = static_cast<std::uint64_t>(std::fabs(scaled));
  if (scaled < 0) *out++ = '-';
  out = PutInteger(out, static_cast<std::int64_t>(thousandths / 1000));
  thousandths %= 1000;
  *out++ = '.';
  *out++ = static_cast<char>('0' + thousandths / 100);
  *out++ = static_cast<char>('0' + thousandths / 10 % 10);
  *out++ = static_cast<char>('0' + thousandths % 10);
  while (out[-1] == '0') --out;
  return out;
}

}  // namespace

char* PutNumber(char* out, double number) {
  constexpr double kExactIntegers = 9007199254740992;  // 2^53
  if (!std::isfinite(number)) return Put(out, "null");
  if (std::fabs(number) <= kExactIntegers && number == std::trunc(number)) {
    if (number == 0 && std::signbit(number)) *out++ = '-';
    return PutInteger(out, static_cast<std::int64_t>(number));
  }
  if (char* const end = PutThousandths(out, number)) return end;
  const Digits d = ShortestDigits(number);
  const std::string_view digits(d.digits, static_cast<std::size_t>(d.count));
  if (d.negative) *out++ = '-';
  const int exponent = d.point - 1;
  if (exponent < -6 || exponent >= 21) {
    *out++ = digits[0];
    if (d.count > 1) {
      *out++ = '.';
      out = Put(out, digits.substr(1));
    }
    out = Put(out, exponent < 0 ? "e-" : "e+");
    return PutInteger(out, std::abs(exponent));
  }
  if (d.point <= 0) return Put(PutZeros(Put(out, "0."), -d.point), digits);
  if (d.point >= d.count) return PutZeros(Put(out, digits), d.point - d.count);
  out = Put(out, digits.substr(0, static_cast<std::size_t>(d.point)));
  *out++ = '.';
  return Put(out, digits.substr(static_cast<std::size_t>(d.point)));
}

void AppendNumber(std::string& out, double number) {
  char buffer[kNumberRoom];
  out.append(buffer, PutNumber(buffer, number));
}

}  // namespace sluice::json
