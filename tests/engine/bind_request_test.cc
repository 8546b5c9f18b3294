// The meaning of @request.* (F-90 to F-102).
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/engine/blog_schema.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

JsonValue ArrayOf(std::vector<JsonValue> items) {
  JsonValue array(JsonValue::Kind::kArray);
  array.items = std::move(items);
  return array;
}

JsonValue ObjectOf(std::vector<std::pair<std::string, JsonValue>> members) {
  JsonValue object = JsonValue::Object();
  object.members = std::move(members);
  return object;
}

// A request with something of everything.
class BindRequest : public ::testing::Test {
 protected:
  BindRequest() {
    auth_.collection = BlogSchema().Find("users");
    auth_.id = "u1";
    auth_.email = "u1@example.com";
    auth_.verified = true;
    request_.method = "PATCH";
    request_.context = "realtime";
    request_.query = {
        {"q", "one"}, {"q", "two"}, {"empty", ""}, {"views", "1e2"}, {"title", "1e2"}};
    request_.headers = {{"x_token", "T"}};
    request_.body = ObjectOf({
        {"text", JsonValue::String("Abc")},
        {"empty", JsonValue::String("")},
        {"null", {}},
        {"yes", JsonValue::Bool(true)},
        {"number", JsonValue::Number(5)},
        {"list", ArrayOf({JsonValue::String("a"), JsonValue::Number(2),
                          ObjectOf({{"k", JsonValue::String("v")}})})},
        {"map",
         ObjectOf(
             {{"views", JsonValue::String("0x1p4")}, {"b", JsonValue::Bool(false)}, {"a", {}}})},
        {"title", JsonValue::String("New")},
        {"views", JsonValue::Number(7)},
        {"pinned", JsonValue::Bool(true)},
        {"labels", ArrayOf({JsonValue::String("news"), JsonValue::String("howto")})},
        {"status", JsonValue::String("draft")},
        {"tags", ArrayOf({})},
        {"author", JsonValue::String("u2")},
        {"related",
         ArrayOf({JsonValue::String("p1"), JsonValue::String("p2"), JsonValue::String("")})},
        {"attachments", {}},
        {"meta", JsonValue::String("5")},
    });
    request_.auth = &auth_;
  }

  std::string Where(std::string_view rule) const {
    return WhereOf({.request = &request_, .rule = rule});
  }
  std::string DumpAll(std::string_view rule) const {
    return DumpOf({.request = &request_, .rule = rule});
  }

  AuthRecord auth_;
  RequestContext request_;
};

// F-90, F-72.
TEST_F(BindRequest, IsNullWithoutARequest) {
  for (std::string_view name :
       {"@request.context", "@request.method", "@request.auth.id", "@request.auth.nope.x",
        "@request.query.q", "@request.headers.x_token", "@request.body.text",
        "@request.body.author.nope", "@request.body.title.x"}) {
    EXPECT_EQ(WhereOf({.rule = std::string(name) + " = title"}),
              "(right-is-empty NULL posts.title)")
        << name;
  }
}

struct ValueCase {
  std::string_view operand;
  std::string_view want;
};

TEST_F(BindRequest, ReadsStaticValues) {
  const ValueCase kCases[] = {
      // F-91, F-92.
      {"@request.context", "$0='realtime'{@request.context}"},
      {"@request.method", "$0='PATCH'{@request.method}"},
      {"@request.query.q", "$0='one'{@request.query.q}"},
      {"@request.headers.x_token", "$0='T'{@request.headers.x_token}"},
      {"@request.headers.X_Token", "NULL"},
      {"@request.query.nope", "NULL"},
      {"@request.query.q.x", "NULL"},
      // F-93 to F-95.
      {"@request.body.text", "$0='Abc'{@request.body.text}"},
      {"@request.body.null", "NULL"},
      {"@request.body.nope", "NULL"},
      {"@request.body.yes", "$0=1{@request.body.yes}"},
      {"@request.body.number", "$0=5.0{@request.body.number}"},
      {"@request.body.list", R"($0='["a",2,{"k":"v"}]'{@request.body.list})"},
      {"@request.body.list.0", "$0='a'{@request.body.list.0}"},
      {"@request.body.list.1", "$0=2.0{@request.body.list.1}"},
      {"@request.body.list.2.k", "$0='v'{@request.body.list.2.k}"},
      {"@request.body.list.3", "NULL"},
      {"@request.body.list.a", "NULL"},
      {"@request.body.text.0", "NULL"},
      {"@request.body.map", R"($0='{"a":null,"b":false,"views":"0x1p4"}'{@request.body.map})"},
      {"@request.body.map.a", "NULL"},
      {"@request.body.map.b", "$0=0{@request.body.map.b}"},
      {"@request.body.map.nope.x", "NULL"},
      // A text that ends in the name of a number field and is one.
      {"@request.query.views", "$0=100.0{@request.query.views}"},
      {"@request.query.title", "$0='1e2'{@request.query.title}"},
      {"@request.body.map.views", "$0=16.0{@request.body.map.views}"},
      // F-96.
      {"@request.query.q:isset", "1"},
      {"@request.query.empty:isset", "1"},
      {"@request.body.null:isset", "1"},
      {"@request.query.nope:isset", "0"},
      {"@request.body.list.2.nope:isset", "0"},
      {"@request.query.q:lower", "(lower $0='one'{@request.query.q:lower})"},
      {"@request.query.nope:lower", "(lower NULL)"},
      {"@request.body.map.b:lower", "(lower $0=0{@request.body.map.b:lower})"},
      // F-101.
      {"@request.auth.id", "$0='u1'{@request.auth.id}"},
      {"@request.auth.collectionId", "$0='c_users'{@request.auth.collectionId}"},
      {"@request.auth.collectionName", "$0='users'{@request.auth.collectionName}"},
      {"@request.auth.email", "$0='u1@example.com'{@request.auth.email}"},
      {"@request.auth.emailVisibility", "$0=0{@request.auth.emailVisibility}"},
      {"@request.auth.verified", "$0=1{@request.auth.verified}"},
      {"@request.auth.nope", "NULL"},
      {"@request.auth.nope.x.y", "NULL"},
      {"@request.auth.manager.nope", "NULL"},
  };
  for (const ValueCase& test : kCases) {
    // `>` shows the operand and nothing else.
    EXPECT_EQ(Where(std::string(test.operand) + " > title"),
              "(> " + std::string(test.want) + " posts.title)")
        << test.operand;
  }
}

TEST_F(BindRequest, ReadsNumbersOfNumberFieldsFromText) {
  struct Case {
    std::string text;
    std::string_view want;
  };
  const Case kCases[] = {
      {"5", "5.0"},       {"-5", "-5.0"},     {"+5", "5.0"},        {"5.", "5.0"},
      {".5", "0.5"},      {"1E3", "1000.0"},  {"0x10p0", "16.0"},   {"0X1.8p1", "3.0"},
      {"1e-400", "0.0"},  {"", "''"},         {" 5", "' 5'"},       {"5 ", "'5 '"},
      {"abc", "'abc'"},   {"0x10", "'0x10'"}, {"1e400", "'1e400'"}, {"--5", "'--5'"},
      {"+-5", "'+-5'"},   {"1,5", "'1,5'"},   {"0x", "'0x'"},       {"infx", "'infx'"},
      {"+nan", "'+nan'"}, {"1e", "'1e'"},
  };
  for (const Case& test : kCases) {
    request_.query = {{"views", test.text}};
    EXPECT_EQ(Where("@request.query.views > title"),
              "(> $0=" + std::string(test.want) + "{@request.query.views} posts.title)")
        << test.text;
  }
}

// F-44 with values of a request.
TEST_F(BindRequest, TakesPartInTheDecisionTable) {
  const ValueCase kCases[] = {
      {"@request.context = ''", "(= $0='realtime'{@request.context} '')"},
      {"@request.query.empty = title", "(right-is-empty $0=''{@request.query.empty} posts.title)"},
      {"@request.query.nope != title", "(right-not-empty NULL posts.title)"},
      {"@request.query.empty = null", "true"},
      {"@request.query.q = title", "(= $0='one'{@request.query.q} posts.title)"},
      // F-45: the LOWER of one empty value is empty, too.
      {"@request.query.empty:lower = title",
       "(right-is-empty (lower $0=''{@request.query.empty:lower}) posts.title)"},
      {"@request.query.nope:lower = title", "(right-is-empty (lower NULL) posts.title)"},
      {"@request.query.q:isset = true", "(= 1 1)"},
      // F-53: texts of booleans in patterns.
      {"title ~ @request.body.yes", "(like posts.title $1='%true%'{@request.body.yes})"},
      {"title ~ @request.body.map.b", "(like posts.title $1='%false%'{@request.body.map.b})"},
      {"title ~ @request.auth.verified", "(like posts.title $1='%true%'{@request.auth.verified})"},
      {"title ~ @request.body.number", "(like posts.title $1='%5%'{@request.body.number})"},
      {"title ~ @request.query.empty", "(like posts.title $1='%%'{@request.query.empty})"},
      {"title ~ @request.query.nope", "(contains posts.title NULL)"},
  };
  for (const ValueCase& test : kCases) EXPECT_EQ(Where(test.operand), test.want) << test.operand;
}

TEST_F(BindRequest, RefusesModifiersThatDoNotApply) {
  const ValueCase kCases[] = {
      {"@request.query.q:each", "invalid modifier sequence q:each"},
      {"@request.headers.x_token:length", "invalid modifier sequence x_token:length"},
      {"@request.body.text:changed", "invalid modifier sequence text:changed"},
      {"@request.body.map.title:each", "invalid modifier sequence title:each"},
      {"@request.body.nope:nope", "unknown modifier in \"nope:nope\""},
      {"@request.body.title:nope", "unknown modifier in \"title:nope\""},
      {"@request.body.title:each", "field \"title\" doesn't support multivalue operations"},
      {"@request.body.views:length", "field \"views\" doesn't support multivalue operations"},
      {"@request.body.meta:each", "field \"meta\" doesn't support multivalue operations"},
      // Found once there is a record with that field.
      {"@request.auth.name.x", "field \"name\" is not a valid relation"},
      {"@request.auth.name:nope", "unknown modifier in \"name:nope\""},
  };
  for (const ValueCase& test : kCases) {
    const std::string operand(test.operand);
    EXPECT_EQ(Where(operand + " = 1"),
              "invalid left operand \"" + operand + "\" - " + std::string(test.want));
  }
  request_.auth = nullptr;
  EXPECT_EQ(Where("@request.auth.name.x = null"), "true");
  EXPECT_EQ(Where("@request.auth.name:nope = null"), "true");
}

// F-97.
TEST_F(BindRequest, ReadsModifiersOfFieldsInTheBody) {
  const ValueCase kCases[] = {
      {"@request.body.title:isset", "1"},
      {"@request.body.attachments:isset", "1"},
      {"@request.body.slug:isset", "0"},
      {"@request.body.title:lower", "(lower $0='New'{@request.body.title:lower})"},
      {"@request.body.slug:lower", "(lower $0=''{@request.body.slug:lower})"},
      {"@request.body.labels:lower", "(lower $0=''{@request.body.labels:lower})"},
      {"@request.body.pinned:lower", "(lower $0='true'{@request.body.pinned:lower})"},
      {"@request.body.views:lower", "(lower $0='7'{@request.body.views:lower})"},
      {"@request.body.labels:length", "$0=2{@request.body.labels:length}"},
      {"@request.body.tags:length", "$0=0{@request.body.tags:length}"},
      {"@request.body.attachments:length", "$0=0{@request.body.attachments:length}"},
      {"@request.body.org:length", "$0=0{@request.body.org:length}"},
      {"@request.body.status:length", "$0=1{@request.body.status:length}"},
  };
  for (const ValueCase& test : kCases) {
    EXPECT_EQ(Where(std::string(test.operand) + " > title"),
              "(> " + std::string(test.want) + " posts.title)")
        << test.operand;
  }
}

// F-98.
TEST_F(BindRequest, ReadsEachSubmittedItem) {
  EXPECT_EQ(
      DumpAll("@request.body.labels:each = ''"),
      "base posts\n"
      "v1 body-elements of posts $0='[\"news\",\"howto\"]'{@request.body.labels:each} to-many"
      " (@request.body.labels:each)\n"
      "v2 body-elements of posts $0='[\"news\",\"howto\"]'{@request.body.labels:each} to-many bound"
      " (@request.body.labels:each)\n"
      "where (and (= v1.value '') (never-false (v2) (is-empty v2.value $1='')))\n");
  EXPECT_EQ(DumpAll("@request.body.status:each = 'x'"),
            "base posts\n"
            "v1 body-elements of posts $0='[\"draft\"]'{@request.body.status:each} to-many"
            " (@request.body.status:each)\n"
            "where (= v1.value $1='x')\n");
  EXPECT_THAT(DumpAll("@request.body.attachments:each ?= 'x'"), HasSubstr("$0='[]'"));
  EXPECT_THAT(DumpAll("@request.body.org:each ?= 'x'"), HasSubstr("$0='[]'"));
}

TEST_F(BindRequest, SharesTheItemsOfOneField) {
  const std::string dump =
      DumpAll("@request.body.labels:each ?= 'a' && @request.body.labels:each ?= 'b'");
  EXPECT_THAT(dump, HasSubstr("v1 "));
  EXPECT_THAT(dump, Not(HasSubstr("v2 ")));
}

// F-99.
TEST_F(BindRequest, ComparesASubmittedFieldWithTheStoredOne) {
  EXPECT_EQ(Where("@request.body.title:changed = false"),
            "(is (truth (and true (!= $0='New'{@request.body.title:changed} posts.title))) 0)");
  EXPECT_EQ(Where("@request.body.slug:changed = true"),
            "(is (truth (and false (right-not-empty NULL posts.slug))) 1)");
  EXPECT_EQ(Where("@request.body.meta:changed = true"),
            "(is (truth (and true (is-not $0='5'{@request.body.meta:changed} (json posts.meta "
            "$1='$')))) 1)");
}

// F-100.
TEST_F(BindRequest, FollowsSubmittedRelations) {
  EXPECT_EQ(DumpAll("@request.body.author.name = 'x'"),
            "base posts\n"
            "v1 body-rows users .author of posts $0='[\"u2\"]'{@request.body.author} to-many"
            " (@request.body.author)\n"
            "where (= v1.name $1='x')\n");
  EXPECT_EQ(
      DumpAll("@request.body.related.title ?= 'x' && @request.body.related.slug ?= 'y'"),
      "base posts\n"
      "v1 body-rows posts .related of posts $0='[\"p1\",\"p2\"]'{@request.body.related} to-many"
      " (@request.body.related)\n"
      "where (and (= v1.title $1='x') (= v1.slug $3='y'))\n");
  EXPECT_THAT(Where("@request.body.related.title = 'x'"), HasSubstr("never-false"));
  for (std::string_view nothing : {"@request.body.tags.name", "@request.body.org.name",
                                   "@request.body.author.nope", "@request.body.author.nope.x"}) {
    EXPECT_EQ(Where(std::string(nothing) + " > 1"),
              "(> NULL $" +
                  std::string(nothing.find("author") == std::string_view::npos ? "0" : "1") +
                  "=1.0)")
        << nothing;
  }
}

// F-26: six hops are counted from there.
TEST_F(BindRequest, CountsSixHopsFromTheJoinedRow) {
  const std::string hops = ".manager.manager.manager.manager.manager.manager";
  for (const std::string& prefix :
       {std::string("@request.auth"), std::string("@request.body.author")}) {
    EXPECT_THAT(Where(prefix + hops + ".name = 1"), Not(HasSubstr("max nested")));
    EXPECT_THAT(Where(prefix + hops + ".manager.name = 1"),
                HasSubstr("max nested relations reached for field \"manager\""));
  }
}

// F-101: current values of the stored record, hidden fields too.
TEST_F(BindRequest, JoinsTheRecordThatAsks) {
  EXPECT_EQ(DumpAll("@request.auth.name = 'x' && @request.auth.manager.secretNote = 'y' && "
                    "@request.auth.password = 'z'"),
            "base posts\n"
            "v1 auth users of posts $0='u1'{@request.auth.id} to-one (@request.auth)\n"
            "v2 relation users .manager of v1 to-one (@request.auth.manager)\n"
            "where (and (= v1.name $1='x') (= v2.secretNote $3='y') (= v1.password $5='z'))\n");
  EXPECT_THAT(DumpAll("@request.auth.roles:each ?= 'x'"), HasSubstr("v2 elements .roles of v1"));
  EXPECT_THAT(Where("@request.auth.id:isset = 'u1'"), HasSubstr("(= v1.id "));
  EXPECT_THAT(Where("@request.auth.roles:length = 1"), HasSubstr("(length v1.roles)"));
  EXPECT_THAT(DumpAll("@request.auth.posts_via_author.title ?= 'x'"),
              HasSubstr("v2 back posts .author of v1"));
}

// F-102.
TEST_F(BindRequest, AcceptsUnknownRequestNamesWhenARuleIsSaved) {
  for (std::string_view rule :
       {"@request.auth.nope.x = 1", "@request.query.nope = 1", "@request.body.author.nope = 1",
        "@request.body.nope.x.y = 1", "@request.auth.name.x = 1"}) {
    EXPECT_TRUE(BindTexts({.rule = rule}).ok()) << rule;
  }
}

// F-116: the list rule of a joined row sees the request.
TEST_F(BindRequest, ReachesTheListRulesOfJoinedRows) {
  EXPECT_THAT(WhereOf({.filter = "post.title = 'x'",
                       .collection = "comments",
                       .mode = BindMode::kRestricted,
                       .request = &request_}),
              HasSubstr("(= v1.author $2='u1'{@request.auth.id})"));
}

}  // namespace
}  // namespace sluice
