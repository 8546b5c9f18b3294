// JSON validity, extraction and elements against SQLite (F-75 to F-80, F-86).
#include "engine/json_text.h"

#include <random>

#include "gtest/gtest.h"

#include "tests/engine/sqlite_oracle.h"

namespace sluice {
namespace {

class JsonOracle {
 public:
  void CheckValid(const std::string& text) {
    const Value want = oracle_.Ask("SELECT json_valid(?1)", {ValueView::Text(text)});
    ASSERT_EQ(IsValidJson(text), want.integer == 1) << testing::PrintToString(text);
  }

  // The expression that the peer reads a json column with (F-79, F-80).
  void CheckRead(const ValueView& stored, const std::string& path) {
    bool failed = false;
    const Value want = oracle_.Ask(
        "SELECT CASE WHEN json_valid(?1) THEN json_extract(?1, ?2) "
        "ELSE json_extract(json_object('pb', ?1), '$.pb' || substr(?2, 2)) END",
        {stored, ValueView::Text(path)}, &failed);
    std::string storage;
    const StatusOr<ValueView> got = ReadJson(stored, path, &storage);
    ASSERT_EQ(got.ok(), !failed) << Show(stored) << " at " << path;
    if (failed) return;
    ASSERT_TRUE(Same(*got, want.view())) << Show(stored) << " at " << path << ": got " << Show(*got)
                                         << " want " << Show(want.view());
  }

  void CheckElements(const ValueView& stored) {
    const std::vector<Value> want = oracle_.Column(
        "SELECT value FROM json_each(CASE WHEN iif(json_valid(?1), json_type(?1) = 'array', FALSE) "
        "THEN ?1 ELSE json_array(?1) END)",
        {stored});
    JsonElements elements(stored);
    std::string storage;
    ValueView element;
    std::size_t count = 0;
    for (; elements.Next(&element, &storage); ++count) {
      ASSERT_LT(count, want.size()) << Show(stored);
      ASSERT_TRUE(Same(element, want[count].view()))
          << Show(stored) << ": got " << Show(element) << " want " << Show(want[count].view());
    }
    ASSERT_EQ(count, want.size()) << Show(stored);
    const Value length = oracle_.Ask(
        "SELECT json_array_length(CASE WHEN iif(json_valid(?1), json_type(?1) = 'array', FALSE) "
        "THEN ?1 "
        "ELSE (CASE WHEN ?1 = '' OR ?1 IS NULL THEN json_array() ELSE json_array(?1) END) END)",
        {stored});
    ASSERT_EQ(JsonLength(stored), length.integer) << Show(stored);
  }

  void CheckAll(const ValueView& stored) {
    for (const char* path :
         {"$", "$.a", "$.b", "$.a.b", "$[0]", "$[1]", "$.a[0]", "$.a[1].b", "$[0][0]", "$[0].a",
          "$[01]", "$[99999999999]", "$.", "$.a.", "$..a", "$[0].", "$.0"}) {
      CheckRead(stored, path);
      if (testing::Test::HasFatalFailure()) return;
    }
    CheckElements(stored);
  }

 private:
  SqliteOracle oracle_;
};

TEST(JsonText, EqualsSqliteOnKnownTexts) {
  using namespace std::string_view_literals;
  JsonOracle oracle;
  for (const std::string_view text : {""sv,
                                      " "sv,
                                      "null"sv,
                                      "true"sv,
                                      " false\n"sv,
                                      "truex"sv,
                                      "nul"sv,
                                      "0"sv,
                                      "-0"sv,
                                      "-0.0"sv,
                                      "01"sv,
                                      "1."sv,
                                      ".5"sv,
                                      "+1"sv,
                                      "-"sv,
                                      "1e5"sv,
                                      "1E-5"sv,
                                      "1e"sv,
                                      "1.5e+3"sv,
                                      "NaN"sv,
                                      "Infinity"sv,
                                      "0x10"sv,
                                      "9223372036854775807"sv,
                                      "9223372036854775808"sv,
                                      "-9223372036854775809"sv,
                                      "1e999"sv,
                                      "-1e999"sv,
                                      "\"\""sv,
                                      "\"a\""sv,
                                      "\"a"sv,
                                      "'a'"sv,
                                      "\"\\\""sv,
                                      "\"\\\"\""sv,
                                      "\"\\x41\""sv,
                                      R"("\u0041\n\t\/\\\"\b\f\r")"sv,
                                      R"("\uD83D\uDE00")"sv,
                                      R"("\uD83D")"sv,
                                      R"("\uDE00x")"sv,
                                      R"("\uD83D\u0041")"sv,
                                      R"("a\u0000b")"sv,
                                      "\"\n\""sv,
                                      "\"\x7f\""sv,
                                      "\"\x01\""sv,
                                      "\"\xff\""sv,
                                      "[]"sv,
                                      "[ ]"sv,
                                      "[1,]"sv,
                                      "[,]"sv,
                                      "[1 2]"sv,
                                      "[1}"sv,
                                      "]"sv,
                                      "[]]"sv,
                                      "[1, 2 ,3]"sv,
                                      "[ [1, \"x y\"], {\"a\" : [ 0 ]}, 2.50 ]"sv,
                                      "[true,false,null]"sv,
                                      "[\"a\\u0041\", \"\"]"sv,
                                      "{}"sv,
                                      "{ }"sv,
                                      "{,}"sv,
                                      "{\"a\":}"sv,
                                      "{\"a\" 1}"sv,
                                      "{a:1}"sv,
                                      "{1:2}"sv,
                                      "{\"a\":1,}"sv,
                                      "{\"a\":1 \"b\":2}"sv,
                                      "{\"a\":1,\"a\":2}"sv,
                                      R"({"\u0061":7,"a":8})"sv,
                                      R"({"b":{"a":1},"a":{"b":[1]}})"sv,
                                      R"({"a":[{"b":1},{"b":"x"}]})"sv,
                                      R"({"a.b":1, "0": 2, "": 3})"sv,
                                      "plain text"sv,
                                      "[1]x"sv,
                                      "1 2"sv,
                                      "// c\n1"sv,
                                      "[1\v]"sv,
                                      "\xef\xbb\xbf"
                                      "1"sv,
                                      "1\0x"sv,
                                      "a\0b"sv,
                                      "\"a\0b\""sv,
                                      "\0"sv,
                                      "[1\0]"sv,
                                      "[1]\0]"sv,
                                      "[99999999999999999999, 1e3, -0]"sv}) {
    oracle.CheckValid(std::string(text));
    oracle.CheckAll(ValueView::Text(text));
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(JsonText, StoredNumbersCountAsTheirText) {
  JsonOracle oracle;
  for (const ValueView& stored :
       {ValueView::Null(), ValueView::Integer(0), ValueView::Integer(-5),
        ValueView::Integer(INT64_MAX), ValueView::Integer(INT64_MIN), ValueView::Real(0.5),
        ValueView::Real(10), ValueView::Real(1e17), ValueView::Real(1e300),
        ValueView::Real(0.1 + 0.2), ValueView::Real(9e307 * 10), ValueView::Real(-9e307 * 10)}) {
    oracle.CheckAll(stored);
  }
  std::mt19937_64 random(79);
  for (int i = 0; i < 50000; ++i) {
    oracle.CheckRead(
        ValueView::Real(static_cast<double>(random()) / static_cast<double>(random() | 1)), "$");
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(JsonText, NestsAThousandDeep) {
  JsonOracle oracle;
  for (const std::size_t depth : {1, 2, 63, 64, 65, 999, 1000, 1001, 100000}) {
    oracle.CheckValid(std::string(depth, '[') + std::string(depth, ']'));
    oracle.CheckValid(std::string(depth, '[') + "1" + std::string(depth, ']') + "]");
    std::string objects;
    for (std::size_t i = 0; i < depth; ++i) objects += i % 3 == 0 ? "[" : "{\"a\":";
    objects += "1";
    for (std::size_t i = depth; i-- > 0;) objects += i % 3 == 0 ? "]" : "}";
    oracle.CheckValid(objects);
  }
}

std::string RandomJson(std::mt19937_64* random, int depth) {
  static constexpr std::string_view kScalars[] = {
      "1",    "-2.50", "true",    "false", "null", "\"a\"", "\"b\\u0041\"",
      "\"\"", "1e2",   "\"x y\"", "0"};
  static constexpr std::string_view kNames[] = {"\"a\"", "\"b\"", "\"\\u0061\"", "\"0\"", "\"ab\""};
  static constexpr std::string_view kSpaces[] = {"", "", "", " ", "\n ", "\t"};
  const auto space = [&] { return std::string(kSpaces[(*random)() % std::size(kSpaces)]); };
  if (depth == 0 || (*random)() % 3 == 0)
    return std::string(kScalars[(*random)() % std::size(kScalars)]);
  const bool object = (*random)() % 2 == 0;
  std::string text = object ? "{" : "[";
  text += space();
  for (std::size_t n = (*random)() % 4, i = 0; i < n; ++i) {
    if (i > 0) text += "," + space();
    if (object)
      text += std::string(kNames[(*random)() % std::size(kNames)]) + space() + ":" + space();
    text += RandomJson(random, depth - 1) + space();
  }
  return text + (object ? "}" : "]");
}

TEST(JsonText, EqualsSqliteOnRandomTexts) {
  std::mt19937_64 random(80);
  JsonOracle oracle;
  for (int i = 0; i < 20000; ++i) {
    std::string text = RandomJson(&random, 4);
    if (random() % 3 == 0 && !text.empty()) {
      // One byte wrong, for the scanner's sake.
      static constexpr std::string_view kBytes = "[]{}\",:\\ua1e.- \n";
      text[random() % text.size()] = kBytes[random() % kBytes.size()];
    }
    oracle.CheckValid(text);
    oracle.CheckAll(ValueView::Text(text));
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace sluice
