#include "tools/server/json/json_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace sluice::json {
namespace {

// Both ways of writing give the same; the memory is no longer than asked for.
std::string String(std::string_view text) {
  std::string out;
  AppendString(out, text);
  const auto room = std::make_unique<char[]>(StringRoom(text.size()));
  EXPECT_EQ(std::string_view(room.get(), PutString(room.get(), text) - room.get()), out);
  return out;
}

std::string Number(double number) {
  std::string out;
  AppendNumber(out, number);
  const auto room = std::make_unique<char[]>(kNumberRoom);
  EXPECT_EQ(std::string_view(room.get(), PutNumber(room.get(), number) - room.get()), out);
  return out;
}

TEST(JsonText, EscapesStringsAsR21Says) {
  const struct {
    std::string_view text;
    std::string_view want;
  } kCases[] = {
      {"", R"("")"},
      {"plain text / 0", R"("plain text / 0")"},
      {"\"\\\b\f\n\r\t", R"("\"\\\b\f\n\r\t")"},
      {std::string_view("\0\x01\x1f", 3), R"("\u0000\u0001\u001f")"},
      {"\v\a", R"("\u000b\u0007")"},
      {"<a href='x'>&", R"("\u003ca href='x'\u003e\u0026")"},
      {"\u2027\u2028\u2029\u202a", "\"\u2027\\u2028\\u2029\u202a\""},
      {"\x7f", "\"\x7f\""},
      {"é東😀\ufffd", "\"é東😀\ufffd\""},
      {"\xff\xfe", R"("\ufffd\ufffd")"},                      // X-85
      {"a\xc3", R"("a\ufffd")"},                              // cut off
      {"\xe6\x9d", R"("\ufffd\ufffd")"},                      //
      {"\xc0\x80", R"("\ufffd\ufffd")"},                      // overlong
      {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},            // a surrogate
      {"\xf4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},  // beyond the last
      {"\xf0\x9f\x98", R"("\ufffd\ufffd\ufffd")"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(String(c.text), c.want);
  }
}

// Each special at each place of texts around the block length.
TEST(JsonText, EscapesAtEveryPlaceOfABlock) {
  for (std::size_t length = 1; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'x');
      text[at] = '<';
      std::string want =
          '"' + std::string(at, 'x') + "\\u003c" + std::string(length - at - 1, 'x') + '"';
      ASSERT_EQ(String(text), want);
      text.replace(at, 1, "\u2028");
      want.replace(want.find("\\u003c"), 6, "\\u2028");
      ASSERT_EQ(String(text), want);
    }
  }
}

TEST(JsonText, SpellsNumbersAsR22Says) {
  const struct {
    double number;
    std::string_view want;
  } kCases[] = {
      {0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {-3.5, "-3.5"},
      {0.1, "0.1"},
      {1e9, "1000000000"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {-1.5e21, "-1.5e+21"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {1.5e-7, "1.5e-7"},
      {1e-10, "1e-10"},
      {9007199254740993.0, "9007199254740992"},
      {9223372036854775807.0, "9223372036854776000"},
      {123456789.125, "123456789.125"},
      {12345678901234567890.0, "12345678901234567000"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {1.0 / 3, "0.3333333333333333"},
      {1e30, "1e+30"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Number(c.number), c.want);
  }
  EXPECT_EQ(Number(std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonText, EscapesEveryByte) {
  constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  constexpr std::string_view kNames = "\"\\bfnrt";
  for (int c = 0; c < 0x80; ++c) {
    const char byte = static_cast<char>(c);
    const std::size_t named = kNamed.find(byte);
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
    const bool escaped = c < 0x20 || std::string_view("<>&").find(byte) != std::string_view::npos;
    const std::string want = named != std::string_view::npos ? std::string{'\\', kNames[named]}
                             : escaped                       ? std::string(escape)
                                                             : std::string(1, byte);
    EXPECT_EQ(String(std::string(1, byte)), '"' + want + '"') << c;
  }
}

// Those that have three decimals or fewer are spelled without the general way.
TEST(JsonText, DecimalsAreTheShortest) {
  std::mt19937_64 random(20261122);
  for (int i = 0; i < 200000; ++i) {
    const int bits = static_cast<int>(random() % 52) + 1;
    const auto whole = static_cast<double>(random() >> (64 - bits));
    const double scales[] = {10, 100, 1000, 10000};
    double number = whole / scales[random() % 4];
    if (random() % 4 == 0) number = std::nextafter(number, random() % 2 == 0 ? 0 : 1e300);
    if (random() % 2 == 0) number = -number;
    if (number == std::trunc(number) || std::fabs(number) < 1e-6) continue;
    char shortest[400];
    const auto end =
        std::to_chars(shortest, shortest + sizeof shortest, number, std::chars_format::fixed);
    ASSERT_EQ(Number(number), std::string_view(shortest, end.ptr - shortest));
  }
}

TEST(JsonText, NumbersReadBackTheSame) {
  std::mt19937_64 random(20261121);
  for (int i = 0; i < 100000; ++i) {
    double number = 0;
    const std::uint64_t bits = random();
    static_assert(sizeof number == sizeof bits);
    std::memcpy(&number, &bits, sizeof bits);
    if (std::isfinite(number)) {
      ASSERT_EQ(std::strtod(Number(number).c_str(), nullptr), number);
    }
  }
}

}  // namespace
}  // namespace sluice::json
