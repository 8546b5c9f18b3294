#include <random>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tools/server/json/json_text.h"
#include "tools/server/records/json_check.h"
#include "tools/server/records/json_walk.h"
#include "tools/server/records/quoted_text.h"

namespace sluice::records {
namespace {

std::string Compact(std::string_view text) {
  std::string out = "before ";
  return AppendCompactJson(out, text) ? out.substr(7) : out == "before " ? "invalid" : "changed";
}

TEST(JsonCheck, CompactsAndEscapes) {
  const struct {
    std::string_view text;
    std::string_view want;
  } kCases[] = {
      {"{}", "{}"},
      {" [ ] ", "[]"},
      {"\t\r\n 1 ", "1"},
      {"null", "null"},
      {"-0", "-0"},
      {R"({"b" : 1,  "a": [ 1.0 , 1e5 ]})", R"({"b":1,"a":[1.0,1e5]})"},
      {R"({"big":12345678901234567890,"e":1E+05})", R"({"big":12345678901234567890,"e":1E+05})"},
      {R"({"b":1,"b":2})", R"({"b":1,"b":2})"},
      {R"(" a  b ")", R"(" a  b ")"},
      {R"("\/\u00e9\ud800\"")", R"("\/\u00e9\ud800\"")"},
      {R"({"<k>":"a&b"})", R"({"\u003ck\u003e":"a\u0026b"})"},
      {"[\"\u2027\u2028\u2029\u202a\"]", "[\"\u2027\\u2028\\u2029\u202a\"]"},
      {"\"\xff\xe2\x80\"", "\"\xff\xe2\x80\""},
      {"[[[{\"a\":[{}]}]]]", "[[[{\"a\":[{}]}]]]"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Compact(c.text), c.want);
  }
}

TEST(JsonCheck, RefusesWhatIsNoJson) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      "[1,]",
                                      "[,1]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{1:2}",
                                      "[1 2]",
                                      "1 2",
                                      "[1}",
                                      "{\"a\":1]",
                                      "nul",
                                      "nulL",
                                      "True",
                                      "tru",
                                      "01",
                                      "-",
                                      "+1",
                                      ".5",
                                      "1.",
                                      "1e",
                                      "1e+",
                                      "-.5",
                                      "0x1",
                                      "\"",
                                      "\"\\\"",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "\"\\",
                                      "\"\\u",
                                      "\"\n\"",
                                      "\"\x1f\"",
                                      "'a'",
                                      "[\"a\" \"b\"]",
                                      "\xEF\xBB\xBF{}",
                                      "{}x",
                                      "NaN"}) {
    EXPECT_EQ(Compact(text), "invalid") << text;
    EXPECT_FALSE(IsValidJson(text)) << text;
  }
}

TEST(JsonCheck, LimitsNestingAndNeedsNoStack) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(IsValidJson(nested(kJsonDepthMax)));
  EXPECT_FALSE(IsValidJson(nested(kJsonDepthMax + 1)));
  std::string objects;
  for (std::size_t i = 0; i < kJsonDepthMax; ++i) {
    objects += i % 2 == 0 ? R"({"a":)" : "[";
  }
  objects += '1';
  for (std::size_t i = kJsonDepthMax; i-- > 0;) {
    objects += i % 2 == 0 ? '}' : ']';
  }
  EXPECT_EQ(Compact(objects), objects);
  EXPECT_FALSE(IsValidJson(std::string(5'000'000, '[')));
}

TEST(JsonCheck, DecodesStrings) {
  const struct {
    std::string_view raw;
    std::string_view want;
  } kCases[] = {
      {"", ""},
      {"a b", "a b"},
      {R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
      {R"(\u0041\u00e9\u6771)", "Aé東"},
      {R"(\ud83d\ude00)", "😀"},
      {R"(\uD83D\uDE00)", "😀"},
      {R"(\ud83dx)", "\ufffdx"},
      {R"(\ud83d\u0041)", "\ufffdA"},
      {R"(\ude00\ud83d)", "\ufffd\ufffd"},
      {R"(\ud83d\ud83d\ude00)", "\ufffd😀"},
      {"\xff\xc3", "\ufffd\ufffd"},
      {"é\u2028", "é\u2028"},
  };
  for (const auto& c : kCases) {
    std::string out;
    AppendDecodedString(out, c.raw);
    EXPECT_EQ(out, c.want) << c.raw;
  }
}

// Random JSON with whitespace and odd strings.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string Value(int depth = 0) {
    const unsigned kind = Below(depth > 5 ? 5 : 9);
    if (kind >= 7) {
      return Members('{', '}', depth);
    }
    return kind >= 5 ? Members('[', ']', depth) : Scalar(kind);
  }

  unsigned Below(std::size_t bound) { return static_cast<unsigned>(random_() % bound); }

 private:
  std::string Members(char open, char close, int depth) {
    std::string out(1, open);
    for (unsigned i = Below(4); i-- > 0;) {
      out += Space();
      if (open == '{') {
        out += String() + Space() + ':' + Space();
      }
      out += Value(depth + 1) + Space() + (i == 0 ? "" : ",");
    }
    return out + Space() + close;
  }

  std::string Scalar(unsigned kind) {
    constexpr const char* kWords[] = {"null", "true", "0", "-1.5e3", "123456789", "0.25"};
    return kind < 2 ? kWords[Below(std::size(kWords))] : String();
  }

  std::string String() {
    constexpr const char* kParts[] = {"a",
                                      "<",
                                      "&",
                                      "é",
                                      "😀",
                                      "\u2028",
                                      "\u2029",
                                      "\\n",
                                      "\\\"",
                                      "\\\\",
                                      "\\u0041",
                                      "\\ud83d\\ude00",
                                      "long run of letters "};
    std::string out = "\"";
    for (unsigned i = Below(6); i-- > 0;) {
      out += kParts[Below(std::size(kParts))];
    }
    return out + '"';
  }

  std::string Space() {
    constexpr const char* kSpaces[] = {"", "", "", " ", "\n\t", "\r"};
    return kSpaces[Below(std::size(kSpaces))];
  }

  std::mt19937 random_;
};

TEST(JsonCheck, KeepsTheValueOfRandomJson) {
  Generator generator(20261121);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = generator.Value();
    const std::string compact = Compact(text);
    boost::json::error_code error;
    const boost::json::value want = boost::json::parse(text, error);
    ASSERT_FALSE(error) << text;
    const boost::json::value got = boost::json::parse(compact, error);
    ASSERT_FALSE(error) << compact;
    ASSERT_EQ(got, want) << text;
    ASSERT_EQ(compact.find_first_of("<>&\n\t\r"), std::string::npos) << compact;
    ASSERT_EQ(Compact(compact), compact);
  }
}

// A text that is cut or changed anywhere is valid exactly where Boost.JSON,
// which knows UTF-8 as well, says so.
TEST(JsonCheck, JudgesMutatedBytesAsBoostDoes) {
  Generator generator(7);
  boost::json::parse_options options;
  options.allow_invalid_utf8 = true;
  for (int i = 0; i < 50000; ++i) {
    std::string text = generator.Value();
    for (unsigned k = 1 + generator.Below(2); k-- > 0 && !text.empty();) {
      constexpr std::string_view kBytes("\"\\[]{},: 0-1e.\x01u\xff", 17);
      const std::size_t at = generator.Below(text.size());
      generator.Below(2) == 0        ? text[at] = kBytes[generator.Below(kBytes.size())],
                                text : text.erase(at, 1);
    }
    text.shrink_to_fit();
    if (text.find("\\ud8") != std::string::npos || text.find("\\ude") != std::string::npos) {
      continue;  // Boost refuses lone surrogates, which the peer takes.
    }
    boost::json::error_code error;
    boost::json::parse(text, error, {}, options);
    ASSERT_EQ(IsValidJson(text), !error) << text << ": " << error.message();
    ASSERT_EQ(Compact(text) != "invalid", !error) << text;
  }
}

TEST(QuotedText, EscapesAsGoLiteralsDo) {
  const struct {
    std::string_view text;
    std::string_view want;  // empty: no JSON
  } kCases[] = {
      {"", R"("")"},
      {"a<b>&\"\\/", R"("a<b>&\"\\/")"},
      {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {"\a", ""},
      {"\v", ""},
      {"\x7f", ""},
      {"\x01", ""},
      {"\xff", ""},
      {"é東😀\ufffd", "\"é東😀\ufffd\""},
      {"a\u00a0b\u00ad", R"("a\u00a0b\u00ad")"},
      {"\u200d\u2028\ufeff", R"("\u200d\u2028\ufeff")"},
      {"\ue000", R"("\ue000")"},
      {"\u0378", R"("\u0378")"},
      {"\U000e0067", ""},
      {"\U000f0000", ""},
  };
  for (const auto& c : kCases) {
    std::string out;
    EXPECT_EQ(AppendQuotedText(out, c.text), !c.want.empty()) << c.text;
    EXPECT_EQ(out, c.want);
  }
}

// Bytes are looked at by blocks: what stops a run stands at each place of one.
TEST(AppendDecodedString, FindsEscapesAtAnyPlace) {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      for (const auto& [raw, want] : {std::pair{"\\n", "\n"}, std::pair{"\u00e9", "\u00e9"},
                                      std::pair{"\\\\", "\\"}, std::pair{"\xff", "\xef\xbf\xbd"}}) {
        const std::string before(at, 'a');
        const std::string after(size - at, 'b');
        std::string out;
        AppendDecodedString(out, before + raw + after);
        EXPECT_EQ(out, before + want + after);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::records
