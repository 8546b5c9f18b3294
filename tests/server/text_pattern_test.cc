// Patterns: the texts of mistakes (S-51), matches, and generated values.
#include <random>
#include <string>

#include "gtest/gtest.h"

#include "sluice/strings.h"
#include "tools/server/text/pattern.h"

namespace sluice::text {
namespace {

struct Mistake {
  std::string_view pattern;
  std::string_view text;  // behind `error parsing regexp: `
};

constexpr Mistake kMistakes[] = {
    // Recorded.
    {"(", "missing closing ): `(`"},
    {"[a-", "missing closing ]: `[a-`"},
    {"*", "missing argument to repetition operator: `*`"},
    {"(?=x)", "invalid or unsupported Perl syntax: `(?=`"},
    // By the syntax of RE2.
    {")", "unexpected ): `)`"},
    {"a)b", "unexpected ): `a)b`"},
    {"a**", "invalid nested repetition operator: `**`"},
    {"a+?*", "invalid nested repetition operator: `+?*`"},
    {"x{1001}", "invalid repeat count: `{1001}`"},
    {"x{3,2}", "invalid repeat count: `{3,2}`"},
    {"{2}", "missing argument to repetition operator: `{2}`"},
    {"|*", "missing argument to repetition operator: `*`"},
    {"[z-a]", "invalid character class range: `z-a`"},
    {"[[:foo:]]", "invalid character class range: `[:foo:]`"},
    {"\\", "trailing backslash at end of expression: ``"},
    {"\\1", "invalid escape sequence: `\\1`"},
    {"\\y", "invalid escape sequence: `\\y`"},
    {"(?P<n", "invalid named capture: `(?P<n`"},
    {"(?P<>x)", "invalid named capture: `(?P<>`"},
    {"(?<=a)b", "invalid or unsupported Perl syntax: `(?<=`"},
    {"(a{1000}){1000}", "expression too large: `(a{1000}){1000}`"},
};

TEST(PatternTest, TellsMistakesInThePeersWords) {
  for (const Mistake& mistake : kMistakes) {
    const auto pattern = Pattern::Parse(mistake.pattern);
    ASSERT_FALSE(pattern.ok()) << mistake.pattern;
    EXPECT_EQ(std::string(AsStd(pattern.status().message())),
              "error parsing regexp: " + std::string(mistake.text))
        << mistake.pattern;
  }
}

struct Match {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

constexpr Match kMatches[] = {
    {"", "", true},
    {"b", "abc", true},
    {"^b", "abc", false},
    {"^[a-z0-9]+$", "abc9", true},
    {"^[a-z0-9]+$", "abC9", false},
    {"^[a-z0-9]+$", "", false},
    {"^[^a]$", "é", true},
    {"^.{2}$", "éa", true},
    {"^.$", "\n", false},
    {"(?s)^.$", "\n", true},
    {"(?i)^ABC$", "aBc", true},
    {"(?i:A)b", "aB", false},
    {"(?m)^b$", "a\nb\nc", true},
    {"^(a|bc)*d?$", "abcad", true},
    {"^(a|bc)*d?$", "abda", false},
    {"^a{2,3}$", "aa", true},
    {"^a{2,3}$", "aaaa", false},
    {"^a{2,}$", "aaaaa", true},
    {"^a{,2}$", "a{,2}", true},
    {"\\bfoo\\b", "a foo b", true},
    {"\\bfoo\\b", "afoo", false},
    {"^\\d\\D\\w\\W\\s\\S$", "1a_- x", true},
    {"^\\x41\\x{1F600}$", "A😀", true},
    {"^\\Qa.b\\E$", "a.b", true},
    {"^\\Qa.b\\E$", "axb", false},
    {"^[[:alpha:]-]+$", "a-b", true},
    {"^[]a]+$", "]a", true},
    {"^(?P<x>a)(?<y>b)$", "ab", true},
    {"^\\pL$", "é", true},
    // Linear where backtracking would never end.
    {"^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false},
    {"(x+x+)+y", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", false},
};

TEST(PatternTest, Matches) {
  for (const Match& match : kMatches) {
    const auto pattern = Pattern::Parse(match.pattern);
    ASSERT_TRUE(pattern.ok()) << match.pattern << ": "
                              << std::string(AsStd(pattern.status().message()));
    EXPECT_EQ(pattern->Matches(match.text), match.matches) << match.pattern << " on " << match.text;
  }
}

TEST(PatternTest, GeneratesWhatItMatches) {
  std::mt19937 generator(7);
  const Pattern::Random random = [&generator](std::uint32_t bound) { return generator() % bound; };
  for (const std::string_view text :
       {"[a-z0-9]{15}", "[a-zA-Z0-9_]{50}", "x", "a|bc|d", "(ab?c*){2,4}", "[^a-z]{3}", ".{8}",
        "\\d{4}-\\w+", "é[à-ü]"}) {
    const auto pattern = Pattern::Parse(text);
    const auto whole = Pattern::Parse("^(?:" + std::string(text) + ")$");
    ASSERT_TRUE(pattern.ok() && whole.ok()) << text;
    for (int i = 0; i < 50; ++i) {
      const std::string made = pattern->Generate(random);
      EXPECT_TRUE(whole->Matches(made)) << text << " made " << made;
    }
  }
}

}  // namespace
}  // namespace sluice::text
