// LIKE and the wrapping of `~` against SQLite and the tables of F-51, F-54.
#include "engine/text_match.h"

#include <chrono>
#include <random>

#include "gtest/gtest.h"

#include "sluice/value.h"
#include "tests/engine/sqlite_oracle.h"

namespace sluice {
namespace {

TEST(WrapLikePattern, FollowsTheTableOfF54) {
  const struct {
    const char* value;
    const char* want;
  } cases[] = {
      {"abc", "%abc%"},
      {"ab_c", R"(%ab\_c%)"},
      {"ab%c", "ab%c"},
      {R"(ab\_c)", R"(%ab\_c%)"},
      {R"(ab\%c)", R"(%ab\%c%)"},
      {"%ab_c", "%ab_c"},
      {R"(%ab\%c)", R"(%ab\%c)"},
      {R"(ab\c)", R"(%ab\\c%)"},
      {R"(ab\\%c)", R"(ab\\%c)"},
      {R"(_ab\c_)", R"(%\_ab\\c\_%)"},
      {R"(ab\\\%c)", R"(%ab\\\%c%)"},
      {R"(ab\c%)", R"(ab\c%)"},
      {"", "%%"},
      {R"(ab\)", R"(%ab\\%)"},
  };
  for (const auto& c : cases) EXPECT_EQ(WrapLikePattern(c.value), c.want) << c.value;
}

// Asks SQLite and all of our ways to match.
class LikeOracle {
 public:
  void Check(const std::string& text, const std::string& pattern) {
    const Value want = oracle_.Ask("SELECT ?1 LIKE ?2 ESCAPE '\\'",
                                   {ValueView::Text(text), ValueView::Text(pattern)});
    const bool matches = want.integer == 1;
    const std::string what =
        testing::PrintToString(text) + " LIKE " + testing::PrintToString(pattern);
    ASSERT_EQ(LikeMatches(text, pattern), matches) << what;
    ASSERT_EQ(LikePattern(pattern).Matches(text), matches) << what;
  }

  void CheckContains(const std::string& text, const std::string& inner) {
    const Value want = oracle_.Ask("SELECT ?1 LIKE '%' || ?2 || '%' ESCAPE '\\'",
                                   {ValueView::Text(text), ValueView::Text(inner)});
    std::string buffer;
    ASSERT_EQ(LikeContains(text, inner, &buffer), want.integer == 1)
        << testing::PrintToString(text) << " contains " << testing::PrintToString(inner);
    Check(text, WrapLikePattern(inner));
  }

 private:
  SqliteOracle oracle_;
};

std::string RandomText(std::mt19937_64* random, const std::vector<std::string_view>& parts,
                       std::size_t parts_max) {
  std::string text;
  for (std::size_t n = (*random)() % (parts_max + 1); n > 0; --n)
    text += parts[(*random)() % parts.size()];
  return text;
}

TEST(LikeMatches, EqualsSqliteOnRandomTexts) {
  using namespace std::string_view_literals;
  const std::vector<std::vector<std::string_view>> texts = {
      {"a", "b", "A", "B"},
      {"a", "B", "_", "%", "\\", "[", "@", "`", "{"},
      {"a", "é", "É", "日", "\xf0\x9f\x98\x80", "\xef\xbf\xbd"},
      {"a", "é", "\x80", "\xa9", "\xc3", "\xe0\x83\xa9", "\xff", "\xed\xa0\x80", "\xef\xbf\xbe",
       "\xf8\x88\x80\x80\x80", "\xef\xbf\xbd", "\0"sv},
  };
  std::mt19937_64 random(51);
  LikeOracle oracle;
  for (int i = 0; i < 30000; ++i) {
    const auto& alphabet = texts[random() % texts.size()];
    auto pattern_alphabet = alphabet;
    pattern_alphabet.insert(pattern_alphabet.end(), {"%", "%", "_", "\\"});
    oracle.Check(RandomText(&random, alphabet, 12), RandomText(&random, pattern_alphabet, 7));
    oracle.CheckContains(RandomText(&random, alphabet, 12),
                         RandomText(&random, pattern_alphabet, 3));
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(LikeMatches, EqualsSqliteOnLongTexts) {
  std::mt19937_64 random(52);
  LikeOracle oracle;
  for (int i = 0; i < 5000; ++i) {
    const std::vector<std::string_view> parts = {"a", "A", "ab", "b", "aaaa", "abab"};
    const std::string text = RandomText(&random, parts, 80);
    std::string inner = RandomText(&random, parts, 10);
    if (random() % 2 == 0 && !text.empty())
      inner = text.substr(random() % text.size(), random() % 40);
    oracle.CheckContains(text, inner);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(LikeMatches, ALongNeedleStaysLinear) {
  // A18 of the security notes: quadratic matchers need 300 ms here.
  const std::string text(100000, 'a');
  for (const std::string& needle : {std::string(1500, 'a') + "b", "b" + std::string(1500, 'a'),
                                    std::string(700, 'a') + "b" + std::string(700, 'a')}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(LikeMatches(text, "%" + needle + "%"));
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_LT(took, std::chrono::milliseconds(200));
  }
  EXPECT_TRUE(LikeMatches(text + "b" + text, "%" + std::string(1500, 'A') + "b%"));
}

// Long pieces with `_` in texts that nearly match everywhere: where trying each
// place would be given up for the bounded search.
TEST(LikeMatches, EqualsSqliteWhereTryingIsGivenUp) {
  std::mt19937_64 random(53);
  LikeOracle oracle;
  const std::vector<std::vector<std::string_view>> texts = {
      {"a", "a", "a", "A", "b"},
      {"a", "é", "a", "a", "é", "日"},
      {"a", "\x80", "a", "\xc3", "a", "a"},
  };
  for (int i = 0; i < 300; ++i) {
    const auto& alphabet = texts[random() % texts.size()];
    std::string text;
    for (std::size_t n = 400 + random() % 400; n > 0; --n) text += alphabet[random() % 3];
    text += RandomText(&random, alphabet, 20);
    std::string piece;
    for (std::size_t n = 60 + random() % 140; n > 0; --n)
      piece += random() % 12 == 0 ? "_" : alphabet[random() % 3];
    oracle.Check(text, "%" + piece + "%");
    oracle.Check(text, "%" + piece + RandomText(&random, alphabet, 2) + "%_" + piece + "%");
    oracle.Check(text, "%" + piece + "\\" + "_%");
    if (testing::Test::HasFatalFailure()) return;
  }
}

// The search costs a step for 64 characters of the piece, so this is over in
// milliseconds; trying every place takes 150 million steps (A18).
TEST(LikeMatches, WildcardsDoNotMultiply) {
  const std::string text(100000, 'a');
  const std::string piece = "a_" + std::string(1498, 'a');
  EXPECT_FALSE(LikeMatches(text, "%" + piece + "b%"));
  EXPECT_TRUE(LikeMatches(text + "b", "%" + piece + "b%"));
  EXPECT_TRUE(LikeMatches(text + "b" + text, "%" + piece + "_" + piece + "%"));
  std::string wide;
  for (int i = 0; i < 50000; ++i) wide += "é";
  EXPECT_FALSE(LikeMatches(wide, "%_é_" + wide.substr(0, 2800) + "b%"));
  EXPECT_TRUE(LikeMatches(wide + "b", "%_é_" + wide.substr(0, 2800) + "b%"));
}

TEST(LikeMatches, ManyPercentsDoNotBacktrack) {
  const std::string text(20000, 'a');
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "%a_";
  EXPECT_FALSE(LikeMatches(text, pattern + "%b"));
  EXPECT_TRUE(LikeMatches(text, pattern));
}

}  // namespace
}  // namespace sluice
