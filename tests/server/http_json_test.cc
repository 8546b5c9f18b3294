// JSON text out and in.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "tools/server/http/json_escape.h"
#include "tools/server/http/json_text.h"
#include "tools/server/http/utf8.h"

namespace sluice::http {
namespace {

std::string Escaped(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

std::string Number(double number) {
  std::string out;
  return AppendJsonNumber(out, number) ? out : "none";
}

std::string Plain(double number) {
  std::string out;
  return AppendPlainNumber(out, number) ? out : "none";
}

std::string Parsed(std::string_view text, JsonTail tail = JsonTail::kIgnored) {
  const auto value = ParseJson(text, tail);
  if (!value.ok()) {
    return "error";
  }
  std::string out;
  AppendJsonValue(out, *value);
  return out;
}

// The rules again, one byte at a time and without runs.
std::string SlowEscaped(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = Utf8SequenceSize(text, at);
    const std::string_view piece = text.substr(at, size);
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::string_view letters = "\bb\ff\nn\rr\tt\"\"\\\\";
    std::size_t letter = letters.find(text[at]);
    while (letter != std::string_view::npos && letter % 2 != 0) {
      letter = letters.find(text[at], letter + 1);
    }
    if (size == 0) {
      out += "\\ufffd";
    } else if (letter != std::string_view::npos) {
      out += std::string("\\") + letters[letter + 1];
    } else if (byte < 0x20 || piece == "<" || piece == ">" || piece == "&") {
      out += std::string("\\u00") + kHex[byte / 16] + kHex[byte % 16];
    } else if (piece == "\xE2\x80\xA8" || piece == "\xE2\x80\xA9") {
      out += piece == "\xE2\x80\xA8" ? "\\u2028" : "\\u2029";
    } else {
      out += piece;
    }
    at += size == 0 ? 1 : size;
  }
  return out + "\"";
}

TEST(JsonString, Escapes) {
  EXPECT_EQ(Escaped(""), "\"\"");
  EXPECT_EQ(Escaped("a\"\\/\x7f"), "\"a\\\"\\\\/\x7f\"");
  EXPECT_EQ(Escaped("\b\f\n\r\t\x01\x1f"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\"");
  EXPECT_EQ(Escaped("<a href=\"x\">&é"), "\"\\u003ca href=\\\"x\\\"\\u003e\\u0026é\"");
  EXPECT_EQ(Escaped("\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA"),
            "\"\xE2\x80\xA7\\u2028\\u2029\xE2\x80\xAA\"");
  EXPECT_EQ(Escaped(std::string_view("\0", 1)), "\"\\u0000\"");
}

TEST(JsonString, InvalidUtf8IsReplacedByteByByte) {
  EXPECT_EQ(Escaped("\xff"), "\"\\ufffd\"");
  EXPECT_EQ(Escaped("a\xE2\x82z"), "\"a\\ufffd\\ufffdz\"");
  EXPECT_EQ(Escaped("\xC0\xAF"), "\"\\ufffd\\ufffd\"");
  EXPECT_EQ(Escaped("\xED\xA0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
  EXPECT_EQ(Escaped("\xF4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
  EXPECT_EQ(Escaped("\xF0\x9F\x98\x80\xE2\x80"), "\"\xF0\x9F\x98\x80\\ufffd\\ufffd\"");
}

TEST(JsonString, FastPathEqualsSlowPath) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"abcdefghij",   "x",  "\"",   "\\", "<",    "é", "\xE2",
                                           "\xE2\x80\xA8", "\n", "\x7f", "東", "\x80", "&", " ok",
                                           "\x1f"};
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (unsigned i = random() % 24; i > 0; --i) {
      text += pieces[random() % pieces.size()];
    }
    ASSERT_EQ(Escaped(text), SlowEscaped(text));
  }
}

TEST(JsonNumber, GoForm) {
  const std::vector<std::pair<double, std::string>> cases = {
      {0, "0"},
      {-0.0, "-0"},
      {5, "5"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {1e-6, "0.000001"},
      {9.9e-7, "9.9e-7"},
      {1e-7, "1e-7"},
      {1e20, "100000000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e21, "1e+21"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {5e-324, "5e-324"},
      {9007199254740993.0, "9007199254740992"},
      {9007199254740991.0, "9007199254740991"},
      {12345678901234567890.0, "12345678901234567000"},
      {0.30000000000000004, "0.30000000000000004"},
  };
  for (const auto& [number, text] : cases) {
    EXPECT_EQ(Number(number), text);
  }
  EXPECT_EQ(Number(std::numeric_limits<double>::infinity()), "none");
  EXPECT_EQ(Number(std::nan("")), "none");
  EXPECT_EQ(Plain(1e21), "1000000000000000000000");
  EXPECT_EQ(Plain(1e-7), "0.0000001");
  EXPECT_EQ(Plain(-std::numeric_limits<double>::infinity()), "none");
}

TEST(JsonNumber, ReadsBack) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 50000; ++round) {
    const std::uint64_t bits = random();
    double number = 0;
    static_assert(sizeof number == sizeof bits);
    std::memcpy(&number, &bits, sizeof number);
    if (std::isfinite(number)) {
      ASSERT_EQ(std::strtod(Number(number).c_str(), nullptr), number);
      const auto value = ParseJson(Number(number), JsonTail::kMustBeBlank);
      ASSERT_TRUE(value.ok());
      ASSERT_EQ(value->get_double(), number);
    }
  }
}

TEST(ParseJson, Values) {
  EXPECT_EQ(Parsed(" {\"b\":1,\"a\":[true,null,\"x\"]} trailing"),
            "{\"a\":[true,null,\"x\"],\"b\":1}");
  EXPECT_EQ(Parsed("{\"a\":1,\"a\":2,\"b\":3,\"a\":4}"), "{\"a\":4,\"b\":3}");
  EXPECT_EQ(Parsed("null"), "null");
  EXPECT_EQ(Parsed("12"), "12");
  EXPECT_EQ(Parsed("9007199254740993"), "9007199254740992");
  EXPECT_EQ(Parsed("12345678901234567890123"), "1.2345678901234568e+22");
  EXPECT_EQ(Parsed("[1e-400,0.1,-0,1E2]"), "[0,0.1,-0,100]");
  EXPECT_EQ(Parsed("[4.9e-324,2.2250738585072011e-308]"), "[5e-324,2.225073858507201e-308]");
  EXPECT_EQ(Parsed("{}x"), "{}");
  EXPECT_EQ(Parsed("{}x", JsonTail::kMustBeBlank), "error");
  EXPECT_EQ(Parsed("{} \r\n", JsonTail::kMustBeBlank), "{}");
  EXPECT_EQ(Parsed("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\""),
            "\"\\\"\\\\/\\b\\f\\n\\r\\té😀\"");
}

TEST(ParseJson, KeepsKeyOrder) {
  const auto value = ParseJson("{\"z\":1,\"a\":2}", JsonTail::kIgnored);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->get_object().begin()->key(), "z");
}

TEST(ParseJson, BadText) {
  for (const char* text :
       {"", " ", "{bad", "{", "[1,]", "{\"a\":}", "\xEF\xBB\xBF{}", "{\"a\":1e400}", "[01]", "'a'",
        "\"a\nb\"", "nul", "+1", "{\"a\":1,}", "/*c*/1", "\"\\x\"", "\"\\u12g4\""}) {
    EXPECT_EQ(Parsed(text), "error") << text;
  }
}

TEST(ParseJson, BadUnicodeIsReplaced) {
  EXPECT_EQ(Parsed("\"a\xff\xE2\x82z\""), "\"a���z\"");
  EXPECT_EQ(Parsed("{\"\xff\":1}"), "{\"�\":1}");
  EXPECT_EQ(Parsed("\"\\ud800\""), "\"�\"");
  EXPECT_EQ(Parsed("\"\\udc00x\""), "\"�x\"");
  EXPECT_EQ(Parsed("\"\\ud800\\u0041\""), "\"�A\"");
  EXPECT_EQ(Parsed("\"\\ud800\\ud83d\\ude00\""), "\"�😀\"");
  EXPECT_EQ(Parsed("\"\\\\ud800\""), "\"\\\\ud800\"");
}

// The values themselves: what writes them would replace such bytes, too.
TEST(ParseJson, SurrogatesAndLongFormsAreNoUtf8) {
  for (const std::string text : {"\xED\xA0\x80", "\xED\xBF\xBF", "\xE0\x80\xAF", "\xE0\x9F\xBF",
                                 "\xF0\x80\x80\xAF", "\xF4\x90\x80\x80", "\xC0\xAF"}) {
    const auto value = ParseJson("\"" + text + "\"", JsonTail::kMustBeBlank);
    ASSERT_TRUE(value.ok());
    std::string replaced;
    for (std::size_t i = 0; i < text.size(); ++i) replaced += "\xEF\xBF\xBD";
    EXPECT_EQ(value->get_string(), replaced);
  }
}

TEST(ParseJson, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  // On a thread of the default stack size, as the server's are.
  std::thread([&] {
    EXPECT_TRUE(ParseJson(nested(10000), JsonTail::kIgnored).ok());
    EXPECT_FALSE(ParseJson(nested(10001), JsonTail::kIgnored).ok());
    EXPECT_FALSE(ParseJson(std::string(2000000, '['), JsonTail::kIgnored).ok());
    std::string objects;
    for (int i = 0; i < 10001; ++i) {
      objects += "{\"a\":";
    }
    EXPECT_FALSE(ParseJson(objects, JsonTail::kIgnored).ok());
    const auto deep = ParseJson(nested(10000), JsonTail::kIgnored);
    std::string out;
    AppendJsonValue(out, *deep);
    EXPECT_EQ(out, nested(10000));
  }).join();
}

}  // namespace
}  // namespace sluice::http
