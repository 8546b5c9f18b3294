// Go's text conventions where the parsers' own tests do not reach.
#include "grammar/go_text.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(GoText, QuotesAsGoDoes) {
  EXPECT_EQ(GoQuote(""), "\"\"");
  EXPECT_EQ(GoQuote("a\"\\'"), "\"a\\\"\\\\'\"");
  EXPECT_EQ(GoQuote("\a\b\f\n\r\t\v\x01\x7F"), "\"\\a\\b\\f\\n\\r\\t\\v\\x01\\x7f\"");
  EXPECT_EQ(GoQuote("\u00e9\u00a0\u0085\U000E0001"), "\"\u00e9\\u00a0\\u0085\\U000e0001\"");
  EXPECT_EQ(GoQuoteRune("'x"), "'\\''");
  EXPECT_EQ(GoQuoteRune("\"x"), "'\"'");
}

TEST(GoText, DecodesOnlyValidSequences) {
  EXPECT_EQ(DecodeRune("\xF0\x9F\x98\x80z").value, 0x1F600U);
  EXPECT_EQ(DecodeRune("\xEF\xBF\xBD").size, 3U);
  for (const char* invalid : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                              "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80"}) {
    EXPECT_EQ(DecodeRune(invalid).value, 0xFFFDU) << invalid;
    EXPECT_EQ(DecodeRune(invalid).size, 1U) << invalid;
  }
}

TEST(GoText, RepairsEachInvalidByte) {
  std::string text = "a\xE6\x9Dz\xC3\xA9";
  EXPECT_TRUE(RepairUtf8(&text));
  EXPECT_EQ(text, "a\xEF\xBF\xBD\xEF\xBF\xBDz\xC3\xA9");
  EXPECT_FALSE(RepairUtf8(&text));
}

TEST(GoText, TrimsUnicodeSpaces) {
  EXPECT_EQ(TrimSpace(" \t\u2003x y\u00a0\u0085\n"), "x y");
  EXPECT_EQ(TrimSpace("\u3000"), "");
  EXPECT_EQ(TrimSpace("\x85x\xA0"), "\x85x\xA0");  // bytes are no code points
}

TEST(GoText, ReadsIntegerBounds) {
  EXPECT_EQ(ParseGoInteger("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ParseGoInteger("-9223372036854775809"), std::nullopt);
  EXPECT_EQ(ParseGoInteger("0"), 0);
  EXPECT_EQ(ParseGoInteger(""), std::nullopt);
  EXPECT_EQ(ParseGoInteger("00"), 0);
}

}  // namespace
}  // namespace sluice
