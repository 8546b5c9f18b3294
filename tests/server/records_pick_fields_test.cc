#include <random>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "sluice/parser.h"
#include "tools/server/records/pick_fields.h"

namespace sluice::records {
namespace {

// `fields` as the server does it: any failure is an empty body (F-152).
std::string Picked(std::string_view body, std::string_view fields, bool list = false) {
  const StatusOr<FieldList> parsed = ParseFields(fields);
  if (!parsed.ok()) {
    return "";
  }
  const StatusOr<std::string> picked = PickFields(body, *parsed, list);
  return picked.ok() ? *picked : "";
}

struct Case {
  std::string_view body;
  std::string_view fields;
  std::string_view want;
};

constexpr std::string_view kPost =
    R"({"collectionId":"c_posts","id":"post1","labels":["news"],"meta":{},)"
    R"("place":{"lon":-177,"lat":-43.5},"title":"naïve stone winter","views":1})";
constexpr std::string_view kTag = R"({"id":"tag1","name":"beta","parent":"","weight":17})";
constexpr std::string_view kDeep =
    R"({"id":"org3","settings":{"n":null,"a":{"b":[1,2,{"c":"deep"}]}}})";
constexpr std::string_view kMixed = R"({"meta":[1,"two",null,{"k":"v"}]})";
constexpr std::string_view kDotted = R"({"meta":{"weird key":1,"x.y":2}})";
constexpr std::string_view kExpanded =
    R"({"expand":{"tags":[{"expand":{"parent":{"id":"p1","name":"gamma"}},"id":"t1","name":"cloud"},)"
    R"({"expand":{"parent":{"id":"p2","name":"beta"}},"id":"t2","name":"delta"}]},"id":"post2"})";

// The peer's answers (E-274 to E-289), on shortened records.
TEST(PickFields, ReplaysRecordedAnswers) {
  const Case kCases[] = {
      {kPost, "id,title", R"({"id":"post1","title":"naïve stone winter"})"},
      {kPost, "title , id", R"({"id":"post1","title":"naïve stone winter"})"},
      {kPost, "missing", "{}"},
      {kTag, "*", R"({"id":"tag1","name":"beta","parent":"","weight":17})"},
      {kTag, "*,name:excerpt(1)", R"({"id":"tag1","name":"b","parent":"","weight":17})"},
      {kDeep, "settings.a.b", R"({"settings":{"a":{"b":[1,2,{"c":"deep"}]}}})"},
      {kDeep, "settings.a.b.c", R"({"settings":{"a":{"b":[1,2,{"c":"deep"}]}}})"},
      {kMixed, "meta", R"({"meta":[1,"two",null,{"k":"v"}]})"},
      {kMixed, "meta.1", R"({"meta":[1,"two",null,{"k":"v"}]})"},
      {kMixed, "meta.k", R"({"meta":[1,"two",null,{"k":"v"}]})"},
      {kDotted, "meta.weird key", R"({"meta":{"weird key":1}})"},
      {kDotted, "meta.x", R"({"meta":{}})"},
      {kDotted, "meta.x.y", R"({"meta":{"x.y":2}})"},
      {kPost, "title.x", R"({"title":"naïve stone winter"})"},
      {kDeep, "settings.*.b", R"({"settings":{}})"},
      {kDeep, "settings.*", R"({"settings":{"a":{"b":[1,2,{"c":"deep"}]},"n":null}})"},
      {kPost, "place.lat,id", R"({"id":"post1","place":{"lat":-43.5}})"},
      {kPost, "place", R"({"place":{"lat":-43.5,"lon":-177}})"},
      {kPost, "id.,title.", R"({"id":"post1","title":"naïve stone winter"})"},
      {kPost, ".id", "{}"},
      {kPost, "ID,Title", "{}"},
      {kPost, "id)", "{}"},
      {kTag, " , ,", R"({"id":"tag1","name":"beta","parent":"","weight":17})"},
      {kTag, "name,name:excerpt(2)", R"({"name":"be"})"},
      {kTag, "name:excerpt(2),name", R"({"name":"beta"})"},
      {kPost, "views:excerpt(1),labels:excerpt(1),id",
       R"({"id":"post1","labels":["news"],"views":1})"},
      {kPost, "title:excerpt(3,1)", R"({"title":"naï..."})"},
      {kPost, "title:excerpt(0)", ""},
      {kPost, "title:upper", ""},
      {kPost, "id,(title", ""},
      {kPost, "id,'title'", R"({"id":"post1"})"},
      {kExpanded, "id,expand.tags.name",
       R"({"expand":{"tags":[{"name":"cloud"},{"name":"delta"}]},"id":"post2"})"},
      {kExpanded, "id", R"({"id":"post2"})"},
      {kExpanded, "expand.*.name,id", R"({"expand":{},"id":"post2"})"},
      {kExpanded, "expand.tags.expand.parent.name",
       R"({"expand":{"tags":[{"expand":{"parent":{"name":"gamma"}}},{"expand":{"parent":{"name":"beta"}}}]}})"},
      {kExpanded, "*,expand.tags.id",
       R"({"expand":{"tags":[{"id":"t1"},{"id":"t2"}]},"id":"post2"})"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Picked(c.body, c.fields), c.want) << c.fields;
  }
}

TEST(PickFields, KeepsTheEnvelopeOfLists) {
  constexpr std::string_view kList =
      R"({"items":[{"id":"t1","name":"<b>beta</b>"},{"id":"t2","name":"gamma"}],"page":1,"perPage":2,"totalItems":12,"totalPages":6})"
      "\n";
  const auto want = [](std::string_view items) {
    return R"({"items":)" + std::string(items) +
           R"(,"page":1,"perPage":2,"totalItems":12,"totalPages":6})";
  };
  EXPECT_EQ(Picked(kList, "id", true), want(R"([{"id":"t1"},{"id":"t2"}])"));
  EXPECT_EQ(Picked(kList, "items.id", true), want("[{},{}]"));
  EXPECT_EQ(Picked(kList, "totalItems", true), want("[{},{}]"));
  EXPECT_EQ(Picked(kList, "id,*:excerpt(3,true)", true),
            want(R"([{"id":"t1","name":"bet..."},{"id":"t2","name":"gam..."}])"));
  EXPECT_EQ(Picked(kList, "items.id,page", false),
            R"({"items":[{"id":"t1"},{"id":"t2"}],"page":1})");
  // F-153
  EXPECT_EQ(Picked(R"({"items":[],"page":9223372036854775807,"perPage":1})", "id", true),
            R"({"items":[],"page":9223372036854776000,"perPage":1})");
}

TEST(PickFields, PrintsAnew) {
  const Case kCases[] = {
      {R"({"b":1,"a":{"d":1.0,"c":[1e5, -0]}})", ",", R"({"a":{"c":[100000,-0],"d":1},"b":1})"},
      {R"({"n":[9007199254740993,1e21,1e-7,12345678901234567890]})", "*",
       R"({"n":[9007199254740992,1e+21,1e-7,12345678901234567000]})"},
      {R"({"a":1,"a":2,"b":3,"a":{"x":1}})", "*", R"({"a":{"x":1},"b":3})"},
      {R"({"\u0062":1,"a":2,"<":3})", "*", R"({"\u003c":3,"a":2,"b":1})"},
      {R"({"a":"\u003c\/\u00e9\n\ud800"})", "*", "{\"a\":\"\\u003c/é\\n\ufffd\"}"},
      {"{\"a\":\"\xff<\"}", "*", R"({"a":"\ufffd\u003c"})"},
      {R"([{"a":1,"b":2},{"b":3}])", "a", R"([{"a":1},{}])"},
      {R"([])", "a", "[]"},
      {R"("text")", "a", R"("text")"},
      {R"({"a":{"b":{"c":1,"d":2},"e":3},"f":4})", "a.b.c,a.e,a.b.x",
       R"({"a":{"b":{"c":1},"e":3}})"},
      {R"({"a":{"b":1,"c":2}})", "a.b,a", R"({"a":{"b":1,"c":2}})"},
      {R"({"a":{"b":"xy","c":"xy"},"d":"xy"})", "a.*:excerpt(1),a.b",
       R"({"a":{"b":"xy","c":"x"}})"},
      {R"({"a":[[{"b":1}]]})", "a.c", R"({"a":[[{"b":1}]]})"},
      // F-151
      {R"({"a":[{"b":1},2]})", "a.b", ""},
      {R"({"a":[{"b":1},[{"b":1}]]})", "a.b", ""},
      {R"({"a":[{"b":1},2]})", "a", R"({"a":[{"b":1},2]})"},
      {R"({"a":1e400})", "*", ""},
      {R"({"a":)", "*", ""},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Picked(c.body, c.fields), c.want) << c.fields;
  }
}

TEST(PickFields, DeepNestingNeedsNoStack) {
  std::string body;
  for (int i = 0; i < 9999; ++i) {
    body += i % 2 == 0 ? R"({"a":)" : "[";
  }
  body += "{}";
  for (int i = 9999; i-- > 0;) {
    body += i % 2 == 0 ? '}' : ']';
  }
  EXPECT_EQ(Picked(body, "a"), body);
  EXPECT_EQ(Picked(body, "a.a.a.a"), body);
  EXPECT_EQ(Picked("[" + body + "]", "a"), "");
  EXPECT_EQ(Picked(std::string(1'000'000, '['), "a"), "");
}

// Picking everything keeps the value; mutated bodies never crash.
TEST(PickFields, KeepsRandomValues) {
  std::mt19937 random(20261121);
  constexpr const char* kParts[] = {R"({"a":)", R"({"b":1,"a":)", "[1,", "[", R"([{"a":1},)"};
  for (int i = 0; i < 20000; ++i) {
    std::string body;
    std::string ends;
    for (std::size_t depth = random() % 8; depth-- > 0;) {
      const std::string_view part = kParts[random() % std::size(kParts)];
      body += part;
      ends += part[0] == '{' ? '}' : ']';
    }
    constexpr const char* kLeaves[] = {"1", R"("x\u003c")", "null", R"({"a":"é"})", "[]", "0.5"};
    body += kLeaves[random() % std::size(kLeaves)];
    body.append(ends.rbegin(), ends.rend());
    const std::string whole = Picked(body, "");
    boost::json::error_code error;
    ASSERT_EQ(boost::json::value_to<boost::json::value>(boost::json::parse(whole, error)),
              boost::json::parse(body))
        << body;
    std::string mutated = body;
    mutated[random() % mutated.size()] = "\"[]{},:1\\\xff"[random() % 10];
    Picked(mutated, "a.b,*,a.a.a:excerpt(2)", random() % 2 == 0);
    Picked(body, "a.b,b,a.a.a:excerpt(2)");
  }
}

}  // namespace
}  // namespace sluice::records
