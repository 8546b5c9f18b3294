// Names of headers and texts of JSON values (F-92, F-95, S-85).
#include "sluice/request_context.h"

#include <string_view>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(NormalizeHeaderName, JoinsWordsByUnderscores) {
  struct Case {
    std::string_view name, want;
  };
  const Case kCases[] = {
      {"X-My-Token", "x_my_token"},
      {"XMyToken", "xmytoken"},
      {"x_token", "x_token"},
      {"X--Token", "x_token"},
      {"X-_-Token", "x_token"},
      {"-X-Token-", "x_token"},
      {"_x", "x"},
      {"Content-Type", "content_type"},
      {"X.Y~Z", "x_y_z"},
      {"X1-2", "x1_2"},
      {"", ""},
      {"---", ""},
  };
  for (const Case& test : kCases) EXPECT_EQ(NormalizeHeaderName(test.name), test.want) << test.name;
}

TEST(ToJsonText, WritesNumbersAsThePeerDoes) {
  struct Case {
    double value;
    std::string_view want;
  };
  const Case kCases[] = {
      {0, "0"},
      {1, "1"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {1.5e300, "1.5e+300"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {-1.25e-9, "-1.25e-9"},
      {9007199254740993.0, "9007199254740992"},
      {-0.0, "-0"},
      {1e-10, "1e-10"},
  };
  for (const Case& test : kCases) EXPECT_EQ(ToJsonText(JsonValue::Number(test.value)), test.want);
}

TEST(ToJsonText, EscapesAsThePeerDoes) {
  struct Case {
    std::string_view text, want;
  };
  const Case kCases[] = {
      {"a", R"("a")"},
      {"\"\\/", R"("\"\\/")"},
      {"\n\r\t\b\f", R"("\n\r\t\b\f")"},
      {"\x01\x1f", R"("\u0001\u001f")"},
      {"<a>&'", "\"\\u003ca\\u003e\\u0026'\""},
      {"\xe2\x80\xa8\xe2\x80\xa9", R"("\u2028\u2029")"},
      {"\xc3\xa9\xf0\x9f\x98\x80\x7f", "\"\xc3\xa9\xf0\x9f\x98\x80\x7f\""},
  };
  for (const Case& test : kCases)
    EXPECT_EQ(ToJsonText(JsonValue::String(std::string(test.text))), test.want);
}

TEST(ToJsonText, SortsTheKeysOfObjects) {
  JsonValue inner(JsonValue::Kind::kArray);
  inner.items = {JsonValue(), JsonValue::Bool(true), JsonValue::Bool(false), JsonValue::Object()};
  JsonValue object = JsonValue::Object();
  object.members = {{"b", inner}, {"", JsonValue::Number(1)}, {"B", JsonValue::String("x")}};
  EXPECT_EQ(ToJsonText(object), R"({"":1,"B":"x","b":[null,true,false,{}]})");
  EXPECT_EQ(ToJsonText(JsonValue(JsonValue::Kind::kArray)), "[]");
}

TEST(JsonValue, FindsMembersOfObjectsOnly) {
  JsonValue object = JsonValue::Object();
  object.members = {{"a", JsonValue::Number(1)}};
  ASSERT_NE(object.Find("a"), nullptr);
  EXPECT_EQ(object.Find("a")->number, 1);
  EXPECT_EQ(object.Find("A"), nullptr);
  EXPECT_EQ(JsonValue::String("a").Find("a"), nullptr);
}

}  // namespace
}  // namespace sluice
