// Bodies laid over what there is (S-49, S-50, S-84).
#include <string>

#include "boost/json/parse.hpp"
#include "gtest/gtest.h"

#include "tools/server/collections/typed_json.h"
#include "tools/server/http/json_text.h"

namespace sluice::collections {
namespace {

namespace bj = boost::json;

const Shape& TestShape() {
  static const Shape* const kShape = new Shape{
      .kind = ShapeKind::kObject,
      .keys = {"t", "b", "i", "n", "rule", "flag", "list", "any", "date", "part", "items"},
      .members = {
          {ShapeKind::kText},
          {ShapeKind::kBool},
          {ShapeKind::kInteger},
          {ShapeKind::kNumber},
          {ShapeKind::kNullableText},
          {ShapeKind::kNullableBool},
          {ShapeKind::kTexts},
          {ShapeKind::kAnyObject},
          {ShapeKind::kDate},
          {ShapeKind::kObject, {"secret", "duration"}, {{ShapeKind::kText}, {ShapeKind::kInteger}}},
          {ShapeKind::kObjects, {"name", "key"}, {{ShapeKind::kText}, {ShapeKind::kText}}}}};
  return *kShape;
}

struct Case {
  std::string_view before;
  std::string_view body;
  std::string_view want;  // empty: refused
  BodyKind kind = BodyKind::kJson;
};

constexpr Case kCases[] = {
    // Keys: any case, the last wins, the unknown are left out.
    {R"({"t":"a"})", R"({"T":"b","nope":[1]})", R"({"t":"b"})"},
    {R"({"t":"a"})", R"({"T":"b","t":"c"})", R"({"t":"c"})"},
    // Null: nothing, or none.
    {R"({"t":"a","b":true,"i":1})", R"({"t":null,"b":null,"i":null})",
     R"({"b":true,"i":1,"t":"a"})"},
    {R"({"rule":"a","list":["x"],"n":1,"any":{}})",
     R"({"rule":null,"list":null,"n":null,"any":null})",
     R"({"any":null,"list":null,"n":null,"rule":null})"},
    // Other kinds are refused.
    {R"({})", R"({"t":5})", ""},
    {R"({})", R"({"b":"true"})", ""},
    {R"({})", R"({"i":1.5})", ""},
    {R"({})", R"({"i":1e30})", ""},
    {R"({})", R"({"rule":5})", ""},
    {R"({})", R"({"list":"a"})", ""},
    {R"({})", R"({"list":[1]})", ""},
    {R"({"part":{}})", R"({"part":5})", ""},
    {R"({})", R"({"any":[]})", ""},
    // Objects merge, lists of objects by position.
    {R"({"part":{"secret":"s","duration":1}})", R"({"part":{"duration":2}})",
     R"({"part":{"duration":2,"secret":"s"}})"},
    {R"({"items":[{"name":"a","key":"1"},{"name":"b","key":"2"}]})", R"({"items":[{"name":"c"}]})",
     R"({"items":[{"key":"1","name":"c"}]})"},
    {R"({"items":[{"name":"a","key":"1"}]})", R"({"items":[{},{"name":"n"}]})",
     R"({"items":[{"key":"1","name":"a"},{"key":"","name":"n"}]})"},
    {R"({"items":null})", R"({"items":[5]})", ""},
    // Dates take their stored form.
    {R"({})", R"({"date":"2025-01-01T10:00:00+02:00"})", R"({"date":"2025-01-01 08:00:00.000Z"})"},
    {R"({})", R"({"date":"x"})", R"({"date":""})"},
    // Forms.
    {R"({})", R"({"t":5,"b":"T","i":"7","n":"1.5","list":"x","flag":true})",
     R"({"b":true,"flag":true,"i":7,"list":["x"],"n":1.5,"t":"5"})", BodyKind::kForm},
    {R"({})", R"({"i":"x"})", "", BodyKind::kForm},
    {R"({})", R"({"b":"yes"})", "", BodyKind::kForm},
};

TEST(TypedJsonTest, Merges) {
  for (const Case& test : kCases) {
    bj::value into = bj::parse({test.before.data(), test.before.size()});
    const bj::value body = bj::parse({test.body.data(), test.body.size()});
    std::string got;
    if (MergeTyped(into, body, TestShape(), test.kind)) http::AppendJsonValue(got, into);
    EXPECT_EQ(got, test.want) << test.body << " over " << test.before;
  }
}

TEST(TypedJsonTest, RefusesDeepObjectsOfAnyShape) {
  std::string deep = "1";
  for (int i = 0; i < 1000; ++i) deep = "{\"a\":" + deep + "}";
  bj::parse_options options;
  options.max_depth = 2000;
  const bj::value body = bj::parse("{\"any\":" + deep + "}", {}, options);
  bj::value into = ZeroValue(TestShape());
  EXPECT_FALSE(MergeTyped(into, body, TestShape(), BodyKind::kJson));
}

TEST(TypedJsonTest, FormKeysWithDotsNameMembers) {
  const bj::object form =
      bj::parse(R"({"part.duration":7,"t.x":1,"PART.secret":"s","items.0":"q"})").get_object();
  std::string got;
  http::AppendJsonValue(got, NestFormKeys(form, TestShape()));
  EXPECT_EQ(got, R"({"items.0":"q","part":{"duration":7,"secret":"s"},"t.x":1})");
}

}  // namespace
}  // namespace sluice::collections
