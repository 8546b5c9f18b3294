// SQLite's values: conversion between numbers and text, affinity, order.
//
// The texts must be SQLite 3.53's own, digit for digit, so the conversions
// follow its arithmetic (a 64-bit significand times a 64-bit power of ten)
// rather than the correctly rounded one. Tested against SQLite itself by
// tests/engine/value_test.cc.
#include "sluice/value.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "engine/value_text.h"

namespace sluice {
namespace {

// ---- powers of ten ----

constexpr int kPowerFirst = -348;
constexpr int kPowerLast = 347;

struct PowerTable {
  std::array<std::uint64_t, kPowerLast - kPowerFirst + 1> top{};
};

// A positive number as four 64-bit words, most significant first, its highest
// bit set: enough that 350 truncating steps leave the top word exact.
struct Wide {
  std::array<std::uint64_t, 4> words{};
};

constexpr Wide TimesTen(const Wide& value) {
  Wide result;
  unsigned __int128 carry = 0;
  for (int i = 3; i >= 0; --i) {
    const unsigned __int128 product = static_cast<unsigned __int128>(value.words[i]) * 10 + carry;
    result.words[i] = static_cast<std::uint64_t>(product);
    carry = product >> 64;
  }
  auto over = static_cast<std::uint64_t>(carry);
  while (over != 0) {
    for (int i = 3; i > 0; --i) {
      result.words[i] = result.words[i] >> 1 | result.words[i - 1] << 63;
    }
    result.words[0] = result.words[0] >> 1 | over << 63;
    over >>= 1;
  }
  return result;
}

constexpr Wide DividedByTen(const Wide& value) {
  Wide result;
  std::uint64_t remainder = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned __int128 part = static_cast<unsigned __int128>(remainder) << 64 | value.words[i];
    result.words[i] = static_cast<std::uint64_t>(part / 10);
    remainder = static_cast<std::uint64_t>(part % 10);
  }
  while (result.words[0] >> 63 == 0) {
    for (int i = 0; i < 3; ++i) {
      result.words[i] = result.words[i] << 1 | result.words[i + 1] >> 63;
    }
    result.words[3] <<= 1;
  }
  return result;
}

// The top 64 bits of each power of ten, cut off.
constexpr PowerTable MakePowerTable() {
  PowerTable table;
  Wide up{{std::uint64_t{1} << 63, 0, 0, 0}};
  Wide down = up;
  for (int p = 0; p <= kPowerLast; ++p, up = TimesTen(up)) {
    table.top[p - kPowerFirst] = up.words[0];
  }
  for (int p = 0; p >= kPowerFirst; --p, down = DividedByTen(down)) {
    table.top[p - kPowerFirst] = down.words[0];
  }
  return table;
}

constexpr PowerTable kPowers = MakePowerTable();

// floor(log2(10^p)) and floor(log10(2^p)) for the exponents of a double.
constexpr int Log2OfPowerOfTen(int p) { return p * 108853 >> 15; }
constexpr int Log10OfPowerOfTwo(int p) { return p * 78913 >> 18; }

// ---- double to decimal ----

// digits * 10^exponent.
struct Decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

// A finite positive number as significand * 2^exponent, the highest of 64 bits
// set.
struct Binary {
  std::uint64_t significand = 0;
  int exponent = 0;
};

Binary ToBinary(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t fraction = bits & 0x000fffffffffffffULL;
  const int exponent = static_cast<int>(bits >> 52);
  if (exponent != 0) return {fraction << 11 | std::uint64_t{1} << 63, exponent - 1086};
  const int shift = std::countl_zero(fraction);
  return {fraction << shift, -1074 - shift};
}

// The top word of binary * 10^power, and by how much to shift it for units.
struct Product {
  std::uint64_t top = 0;
  int shift = 0;
};

Product TimesPower(const Binary& binary, int power) {
  const unsigned __int128 product =
      static_cast<unsigned __int128>(binary.significand) * kPowers.top[power - kPowerFirst];
  return {static_cast<std::uint64_t>(product >> 64),
          -(binary.exponent + Log2OfPowerOfTen(power) + 1)};
}

// `count` significant digits, or one more, as SQLite finds them: one 64 by 64
// bit product, cut off, or rounded at its last bit when 18 digits are asked.
Decimal ToDecimal(double value, int count) {
  const Binary binary = ToBinary(value);
  const int power = count - 1 - Log10OfPowerOfTwo(binary.exponent + 63);
  const Product product = TimesPower(binary, power);
  if (count < 18) return {product.top >> product.shift, -power};
  const std::uint64_t half_units = product.top >> (product.shift - 1);
  return {(half_units + (half_units & 1)) >> 1, -power};
}

// The double nearest to mantissa * 10^exponent.
double ScaleDecimal(std::uint64_t mantissa, int exponent) {
  if (mantissa == 0) return 0;
  if (mantissa < std::uint64_t{1} << 53 && exponent >= -22 && exponent <= 22) {
    static constexpr double kExact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const auto exact = static_cast<double>(mantissa);
    return exponent < 0 ? exact / kExact[-exponent] : exact * kExact[exponent];
  }
  if (exponent > kPowerLast) return std::numeric_limits<double>::infinity();
  if (exponent < kPowerFirst) return 0;
  char text[40];
  char* end = std::to_chars(text, text + 24, mantissa).ptr;
  *end++ = 'e';
  end = std::to_chars(end, text + sizeof text, exponent).ptr;
  double result = 0;
  if (std::from_chars(text, end, result).ec == std::errc::result_out_of_range) {
    return exponent > 0 ? std::numeric_limits<double>::infinity() : 0;
  }
  return result;
}

// Significant digits without trailing zeros, and how many of them stand
// before the decimal point.
struct Digits {
  char text[24];
  int count = 0;
  int point = 0;
};

std::uint64_t NumberOf(const char* digits, int count) {
  std::uint64_t number = 0;
  for (int i = 0; i < count; ++i)
    number = number * 10 + static_cast<std::uint64_t>(digits[i] - '0');
  return number;
}

// Rounds half up at digit `count`; a carry out of the first digit makes one
// digit more.
void RoundDigits(Digits* digits, int count) {
  const bool up = digits->text[count] >= '5';
  digits->count = count;
  if (up) {
    int i = count - 1;
    while (i >= 0 && digits->text[i] == '9') digits->text[i--] = '0';
    if (i >= 0) {
      ++digits->text[i];
    } else {
      digits->text[0] = '1';
      std::memset(digits->text + 1, '0', static_cast<std::size_t>(count));
      ++digits->point;
    }
  }
}

// How many digits to keep: 17, or as few as a run of nines or zeros at the end
// suggests when the shorter number reads back the same.
int DigitsToKeep(const Digits& digits, int exponent, double value) {
  const char* z = digits.text;
  if (z[14] == '9' && z[15] == '9') {
    int kept = 14;
    while (kept > 0 && z[kept - 1] == '9') --kept;
    const std::uint64_t candidate = kept == 0 ? 1 : NumberOf(z, kept) + 1;
    return ScaleDecimal(candidate, exponent + digits.count - kept) == value ? kept + 1 : 17;
  }
  if (digits.point >= digits.count || (z[13] == '0' && z[14] == '0' && z[15] == '0')) {
    int kept = 13;
    while (z[kept - 1] == '0') --kept;
    const std::uint64_t candidate = NumberOf(z, kept);
    return ScaleDecimal(candidate, exponent + digits.count - kept) == value ? kept + 1 : 17;
  }
  return 17;
}

void DropTrailingZeros(Digits* digits) {
  while (digits->count > 1 && digits->text[digits->count - 1] == '0') --digits->count;
}

Digits ToDigits(const Decimal& decimal) {
  Digits digits;
  const char* end =
      std::to_chars(digits.text, digits.text + sizeof digits.text, decimal.digits).ptr;
  digits.count = static_cast<int>(end - digits.text);
  digits.point = digits.count + decimal.exponent;
  return digits;
}

Digits SignificantDigits(double value) {
  const Decimal decimal = ToDecimal(value, 18);
  Digits digits = ToDigits(decimal);
  if (digits.count > 17) RoundDigits(&digits, DigitsToKeep(digits, decimal.exponent, value));
  DropTrailingZeros(&digits);
  return digits;
}

char* Append(char* out, const char* text, int count) {
  std::memcpy(out, text, static_cast<std::size_t>(count));
  return out + count;
}

char* AppendZeros(char* out, int count) {
  for (int i = 0; i < count; ++i) *out++ = '0';
  return out;
}

// `1.5e+20`: the exponent has a sign and at least two digits.
char* AppendExponentForm(char* out, const Digits& digits) {
  *out++ = digits.text[0];
  *out++ = '.';
  if (digits.count > 1) {
    out = Append(out, digits.text + 1, digits.count - 1);
  } else {
    *out++ = '0';
  }
  const int exponent = digits.point - 1;
  *out++ = 'e';
  *out++ = exponent < 0 ? '-' : '+';
  if (std::abs(exponent) < 10) *out++ = '0';
  return std::to_chars(out, out + 4, std::abs(exponent)).ptr;
}

char* AppendPlainForm(char* out, const Digits& digits) {
  if (digits.point <= 0) {
    out = Append(out, "0.", 2);
    out = AppendZeros(out, -digits.point);
    return Append(out, digits.text, digits.count);
  }
  if (digits.count <= digits.point) {
    out = Append(out, digits.text, digits.count);
    out = AppendZeros(out, digits.point - digits.count);
    return Append(out, ".0", 2);
  }
  out = Append(out, digits.text, digits.point);
  *out++ = '.';
  return Append(out, digits.text + digits.point, digits.count - digits.point);
}

// ---- text to number ----

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A numeric literal as it is read: 19 digits count, the rest only scale.
struct NumberText {
  std::uint64_t mantissa = 0;
  int exponent = 0;
  bool negative = false;
  bool integral = true;  // neither a point nor an exponent
};

// Reads digits as long as the mantissa has room; SQLite stops there, so that
// longer numbers are cut, not rounded.
constexpr std::uint64_t kMantissaFull = (std::numeric_limits<std::uint64_t>::max() - 9) / 10;

const char* ReadIntegerDigits(const char* at, const char* end, NumberText* number) {
  while (at < end && IsDigit(*at)) {
    if (number->mantissa < kMantissaFull) {
      number->mantissa = number->mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
    } else {
      ++number->exponent;
    }
    ++at;
  }
  return at;
}

const char* ReadFractionDigits(const char* at, const char* end, NumberText* number) {
  while (at < end && IsDigit(*at)) {
    if (number->mantissa < kMantissaFull) {
      number->mantissa = number->mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
      --number->exponent;
    }
    ++at;
  }
  return at;
}

// Returns null when the text after `e` is no exponent.
const char* ReadExponent(const char* at, const char* end, NumberText* number) {
  int sign = 1;
  if (at < end && (*at == '-' || *at == '+')) sign = *at++ == '-' ? -1 : 1;
  if (at == end || !IsDigit(*at)) return nullptr;
  int exponent = 0;
  for (; at < end && IsDigit(*at); ++at) {
    exponent = exponent < 10000 ? exponent * 10 + (*at - '0') : 10000;
  }
  number->exponent += sign * exponent;
  number->integral = false;
  return at;
}

// The whole of [at, end) as one literal without white space around it.
std::optional<NumberText> ReadNumber(const char* at, const char* end) {
  NumberText number;
  if (at < end && (*at == '-' || *at == '+')) number.negative = *at++ == '-';
  const char* digits = at;
  at = ReadIntegerDigits(at, end, &number);
  bool any_digit = at != digits;
  if (at < end && *at == '.') {
    digits = ++at;
    at = ReadFractionDigits(at, end, &number);
    any_digit = any_digit || at != digits;
    number.integral = false;
  }
  if (!any_digit) return std::nullopt;
  if (at < end && (*at == 'e' || *at == 'E')) {
    at = ReadExponent(at + 1, end, &number);
    if (at == nullptr) return std::nullopt;
  }
  if (at != end) return std::nullopt;
  return number;
}

std::optional<std::int64_t> ReadInteger(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::int64_t integer = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return integer;
}

std::strong_ordering CompareReals(double a, double b) {
  if (a < b) return std::strong_ordering::less;
  if (a > b) return std::strong_ordering::greater;
  return std::strong_ordering::equal;
}

// Exact: beyond 2^53 a double is no stand-in for an integer.
std::strong_ordering CompareIntegerReal(std::int64_t integer, double real) {
  if (real >= 9223372036854775808.0) return std::strong_ordering::less;
  if (real < -9223372036854775808.0) return std::strong_ordering::greater;
  const auto whole = static_cast<std::int64_t>(real);
  if (integer != whole) return integer <=> whole;
  return CompareReals(0, real - static_cast<double>(whole));
}

std::strong_ordering Reverse(std::strong_ordering order) { return 0 <=> order; }

bool IsNumber(const ValueView& value) {
  return value.storage == StorageClass::kInteger || value.storage == StorageClass::kReal;
}

std::string_view IntegerText(std::int64_t value, char* buffer) {
  const char* end = std::to_chars(buffer, buffer + 24, value).ptr;
  return {buffer, static_cast<std::size_t>(end - buffer)};
}

}  // namespace

std::string_view SqliteRealText(double value, char* buffer) {
  if (std::isnan(value)) return {};
  if (std::isinf(value)) return value < 0 ? "-Inf" : "Inf";
  char* out = buffer;
  if (std::abs(value) < 1e15 && value == std::trunc(value)) {
    out = std::to_chars(out, out + 20, static_cast<std::int64_t>(value)).ptr;
    out = Append(out, ".0", 2);
    return {buffer, static_cast<std::size_t>(out - buffer)};
  }
  if (value < 0) *out++ = '-';
  const Digits digits = SignificantDigits(std::abs(value));
  const bool exponent_form = digits.point - 1 < -4 || digits.point - 1 > 16;
  out = exponent_form ? AppendExponentForm(out, digits) : AppendPlainForm(out, digits);
  return {buffer, static_cast<std::size_t>(out - buffer)};
}

std::string_view SixteenDigitText(double value, char* buffer) {
  if (value == 0) return "0";
  char* out = buffer;
  if (value < 0) *out++ = '-';
  Digits digits = ToDigits(ToDecimal(std::abs(value), 17));
  if (digits.count > 16) RoundDigits(&digits, 16);
  DropTrailingZeros(&digits);
  if (digits.point - 1 < -4 || digits.point - 1 > 15) {
    out = AppendExponentForm(out, digits);
  } else {
    out = AppendPlainForm(out, digits);
  }
  // The forms above put a zero behind a bare point; this format has neither.
  std::string_view text(buffer, static_cast<std::size_t>(out - buffer));
  if (digits.count == 1 && text.find('e') != std::string_view::npos) {
    const std::size_t point = text.find('.');
    std::memmove(buffer + point, buffer + point + 2, text.size() - point - 2);
    return text.substr(0, text.size() - 2);
  }
  if (digits.count <= digits.point) text.remove_suffix(2);
  return text;
}

std::string PlainDecimalText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  // The shortest digits that read back, then zeros: the peer's language pads
  // large numbers, where std::to_chars(fixed) would print all exact digits.
  char text[40];
  const char* end =
      std::to_chars(text, text + sizeof text, std::abs(value), std::chars_format::scientific).ptr;
  const std::string_view printed(text, static_cast<std::size_t>(end - text));
  const std::size_t e = printed.find('e');
  std::string digits(1, printed[0]);
  if (e > 2) digits += printed.substr(2, e - 2);
  int point = 0;
  const char* exponent = text + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(exponent, end, point);
  ++point;
  if (point <= 0) {
    digits.insert(0, static_cast<std::size_t>(-point), '0');
    digits.insert(0, "0.");
  } else if (static_cast<std::size_t>(point) >= digits.size()) {
    digits.append(static_cast<std::size_t>(point) - digits.size(), '0');
  } else {
    digits.insert(static_cast<std::size_t>(point), ".");
  }
  return std::signbit(value) ? "-" + digits : digits;
}

std::optional<ValueView> ParseNumericText(std::string_view text) {
  // SQLite reads up to a NUL and does not see what follows.
  text = text.substr(0, text.find('\0'));
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  const std::optional<NumberText> number = ReadNumber(text.data(), text.data() + text.size());
  if (!number) return std::nullopt;
  if (number->integral) {
    if (const auto integer = ReadInteger(text)) return ValueView::Integer(*integer);
  }
  const double real = ScaleDecimal(number->mantissa, number->exponent);
  return ValueView::Real(number->negative ? -real : real);
}

std::optional<std::strong_ordering> CompareValues(const ValueView& a, const ValueView& b) {
  if (a.is_null() || b.is_null()) return std::nullopt;
  if (a.storage == StorageClass::kText || b.storage == StorageClass::kText) {
    if (a.storage != b.storage) {
      return IsNumber(a) ? std::strong_ordering::less : std::strong_ordering::greater;
    }
    return a.text.compare(b.text) <=> 0;
  }
  if (a.storage == StorageClass::kInteger) {
    if (b.storage == StorageClass::kInteger) return a.integer <=> b.integer;
    return CompareIntegerReal(a.integer, b.real);
  }
  if (b.storage == StorageClass::kInteger) return Reverse(CompareIntegerReal(b.integer, a.real));
  return CompareReals(a.real, b.real);
}

Affinity ComparisonAffinity(Affinity left, Affinity right) {
  if (left == Affinity::kNumeric || right == Affinity::kNumeric) return Affinity::kNumeric;
  // Two columns, neither numeric, are compared as they are; only an
  // expression takes on the affinity of the column it meets.
  if (left == Affinity::kNone && right == Affinity::kText) return Affinity::kText;
  if (left == Affinity::kText && right == Affinity::kNone) return Affinity::kText;
  return Affinity::kNone;
}

ValueView ApplyAffinity(const ValueView& value, Affinity affinity, char* buffer) {
  if (affinity == Affinity::kNumeric && value.storage == StorageClass::kText) {
    return ParseNumericText(value.text).value_or(value);
  }
  if (affinity == Affinity::kText && IsNumber(value))
    return ValueView::Text(*TextOf(value, buffer));
  return value;
}

std::optional<std::string_view> TextOf(const ValueView& value, char* buffer) {
  switch (value.storage) {
    case StorageClass::kNull:
      return std::nullopt;
    case StorageClass::kInteger:
      return IntegerText(value.integer, buffer);
    case StorageClass::kReal:
      return SqliteRealText(value.real, buffer);
    case StorageClass::kText:
      return value.text;
  }
  return std::nullopt;
}

}  // namespace sluice
