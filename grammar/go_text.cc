// Go's text conventions, as far as they are visible through the peer. Tested
// through the parsers' error texts and in tests/grammar/go_text_test.cc.
#include "grammar/go_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>

#include "sluice/strings.h"

namespace sluice {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kReplacementBytes = "\xEF\xBF\xBD";

struct Range {
  char32_t first;
  char32_t last;
};

// Controls, format characters, spaces but U+0020, private use. Go escapes
// unassigned code points as well; which those are depends on its release, so
// below U+323B0 they count as printable here.
constexpr std::array kNotPrintable = {
    Range{0x00, 0x1F},        Range{0x7F, 0xA0},       Range{0xAD, 0xAD},
    Range{0x600, 0x605},      Range{0x61C, 0x61C},     Range{0x6DD, 0x6DD},
    Range{0x70F, 0x70F},      Range{0x890, 0x891},     Range{0x8E2, 0x8E2},
    Range{0x1680, 0x1680},    Range{0x180E, 0x180E},   Range{0x2000, 0x200F},
    Range{0x2028, 0x202F},    Range{0x205F, 0x206F},   Range{0x3000, 0x3000},
    Range{0xD800, 0xF8FF},    Range{0xFEFF, 0xFEFF},   Range{0xFFF0, 0xFFFB},
    Range{0xFFFE, 0xFFFF},    Range{0x110BD, 0x110BD}, Range{0x110CD, 0x110CD},
    Range{0x13430, 0x1343F},  Range{0x1BCA0, 0x1BCA3}, Range{0x1D173, 0x1D17A},
    Range{0x1FFFE, 0x1FFFF},  Range{0x2FFFE, 0x2FFFF}, Range{0x323B0, 0xE00FF},
    Range{0xE01F0, 0x10FFFF},
};

bool IsPrintable(char32_t c) {
  const auto* range = std::lower_bound(kNotPrintable.begin(), kNotPrintable.end(), c,
                                       [](const Range& r, char32_t v) { return r.last < v; });
  return range == kNotPrintable.end() || c < range->first;
}

bool IsSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

void AppendHex(std::string* out, char32_t value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    *out += "0123456789abcdef"[(value >> shift) & 0xF];
  }
}

// The letter of a one-letter escape, or 0.
char EscapeLetter(char32_t c) {
  switch (c) {
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\v':
      return 'v';
    default:
      return 0;
  }
}

void AppendEscaped(std::string* out, Rune rune, std::string_view bytes, char quote) {
  const char32_t c = rune.value;
  if (c == static_cast<unsigned char>(quote) || c == '\\') {
    *out += '\\';
    *out += static_cast<char>(c);
  } else if (c == kReplacement) {
    *out += kReplacementBytes;
  } else if (IsPrintable(c)) {
    *out += bytes;
  } else if (const char letter = EscapeLetter(c); letter != 0) {
    *out += '\\';
    *out += letter;
  } else if (c < ' ' || c == 0x7F) {
    *out += "\\x";
    AppendHex(out, c, 2);
  } else if (c < 0x10000) {
    *out += "\\u";
    AppendHex(out, c, 4);
  } else {
    *out += "\\U";
    AppendHex(out, c, 8);
  }
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The value of a sequence of `size` bytes, or U+FFFD when it is malformed.
char32_t DecodeSequence(std::string_view text, std::size_t size) {
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (text.size() < size) {
    return kReplacement;
  }
  char32_t value = static_cast<unsigned char>(text[0]) & (0x7F >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (!IsContinuation(text[i])) {
      return kReplacement;
    }
    value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value < kLeast[size] || value > 0x10FFFF || surrogate ? kReplacement : value;
}

bool IsAscii(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// Underscores may only separate digits, or follow the base prefix.
bool UnderscoresFit(std::string_view digits, bool after_prefix) {
  bool digit_before = after_prefix;
  for (const char c : digits) {
    if (c == '_' && !digit_before) {
      return false;
    }
    digit_before = c != '_';
  }
  return digit_before || digits.empty();
}

// Takes the base prefix off `digits`.
int TakeBase(std::string_view* digits) {
  if (digits->empty() || digits->front() != '0') {
    return 10;
  }
  const char letter = digits->size() >= 3 ? LowerAscii((*digits)[1]) : '\0';
  const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
  digits->remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

}  // namespace

Rune DecodeRune(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) {
    return {lead, 1};
  }
  const std::size_t size = lead >= 0xF0 && lead < 0xF8   ? 4
                           : lead >= 0xE0 && lead < 0xF0 ? 3
                           : lead >= 0xC0 && lead < 0xE0 ? 2
                                                         : 0;
  const char32_t value = size == 0 ? kReplacement : DecodeSequence(text, size);
  // A valid U+FFFD is three bytes long, unlike an invalid byte.
  const bool valid = value != kReplacement || text.substr(0, 3) == kReplacementBytes;
  return valid ? Rune{value, size} : Rune{kReplacement, 1};
}

bool RepairUtf8(std::string* text) {
  if (IsAscii(*text)) {
    return false;
  }
  std::string repaired;
  bool changed = false;
  for (std::string_view rest = *text; !rest.empty();) {
    const Rune rune = DecodeRune(rest);
    const bool invalid = rune.value == kReplacement && rune.size == 1;
    repaired += invalid ? kReplacementBytes : rest.substr(0, rune.size);
    changed = changed || invalid;
    rest.remove_prefix(rune.size);
  }
  if (changed) {
    *text = std::move(repaired);
  }
  return changed;
}

std::string GoQuote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    AppendEscaped(&out, rune, text.substr(0, rune.size), '"');
    text.remove_prefix(rune.size);
  }
  out += '"';
  return out;
}

std::string GoQuoteRune(std::string_view text) {
  std::string out = "'";
  const Rune rune = DecodeRune(text);
  AppendEscaped(&out, rune, text.substr(0, rune.size), '\'');
  out += '\'';
  return out;
}

std::string_view TrimSpace(std::string_view text) {
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    if (!IsSpace(rune.value)) {
      break;
    }
    text.remove_prefix(rune.size);
  }
  while (!text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && text.size() - start < 4 && IsContinuation(text[start])) {
      --start;
    }
    const Rune last = DecodeRune(text.substr(start));
    if (start + last.size != text.size() || !IsSpace(last.value)) {
      break;
    }
    text.remove_suffix(last.size);
  }
  return text;
}

std::optional<std::int64_t> ParseGoInteger(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    text.remove_prefix(1);
  }
  if (text.empty()) {
    return std::nullopt;
  }
  std::string_view digits = text;
  const int base = TakeBase(&digits);
  if (!UnderscoresFit(digits, base != 10)) {
    return std::nullopt;
  }
  std::string plain;
  std::copy_if(digits.begin(), digits.end(), std::back_inserter(plain),
               [](char c) { return c != '_'; });
  if (plain.empty()) {
    return text == "0" ? std::optional<std::int64_t>(0) : std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value, base);
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (error != std::errc() || end != plain.data() + plain.size() || value > kMax + negative) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(negative ? ~value + 1 : value);
}

bool IsGoTrue(std::string_view text) {
  return text == "1" || text == "t" || text == "T" || text == "true" || text == "TRUE" ||
         text == "True";
}

}  // namespace sluice
