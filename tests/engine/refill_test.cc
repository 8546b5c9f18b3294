// A plan that was made for one request and is given the values of another: the
// values that binding anew would find, or a refusal where another plan would come
// of it. tests/oracle/refill_test.cc does so at random.
#include "sluice/refill.h"

#include <string>

#include "gtest/gtest.h"

#include "sluice/predicate.h"
#include "sluice/simplify.h"
#include "tests/engine/blog_schema.h"

namespace sluice {
namespace {

// What a request holds; the second differs from the first in every value.
struct Request {
  AuthRecord auth;
  RequestContext context;
};

std::unique_ptr<Request> MakeRequest(bool second) {
  auto request = std::make_unique<Request>();
  const auto pick = [second](const char* a, const char* b) { return std::string(second ? b : a); };
  request->auth = {BlogSchema().Find("users"), pick("u1", "u2"), pick("ann@x.io", "b%@x.io"),
                   second, !second};
  request->context.auth = &request->auth;
  request->context.now = second ? 1'748'707'717'000 : 1'704'067'200'000;
  request->context.method = pick("GET", "POST");
  request->context.context = pick("default", "batch");
  request->context.query = {{"q", pick("x", "y%")}, {second ? "two" : "one", "z"}};
  request->context.headers = {{"x_h", pick("h", "i")}};
  request->context.body.members = {{"title", JsonValue::String(pick("a", "b"))},
                                   {"views", JsonValue::Number(second ? 2 : 1)},
                                   {"pinned", JsonValue::Bool(second)},
                                   {"status", JsonValue::String(pick("", "full"))}};
  return request;
}

struct Bound {
  FilterShape shape;
  StatusOr<Plan> plan = absl::UnknownError("");
};

std::unique_ptr<Bound> BindFor(const std::string& filter, const RequestContext& context) {
  auto bound = std::make_unique<Bound>();
  EXPECT_TRUE(TakeLiterals(filter, bound->shape)) << filter;
  bound->plan = BindTexts({.filter = filter, .request = &context});
  EXPECT_TRUE(bound->plan.ok()) << filter;
  if (bound->plan.ok()) bound->plan = Simplify(*std::move(bound->plan));
  return bound;
}

std::string Show(ValueView value) {
  switch (value.storage) {
    case StorageClass::kNull:
      return "NULL";
    case StorageClass::kInteger:
      return std::to_string(value.integer);
    case StorageClass::kReal:
      return std::to_string(value.real);
    case StorageClass::kText:
      break;
  }
  return "'" + std::string(value.text) + "'";
}

std::string Show(const Plan& plan, const SlotValues& values) {
  std::string text;
  for (SlotId slot = 0; slot < plan.slots.size(); ++slot)
    text += (slot > 0 ? " " : "") + Show(values.Get(slot));
  return text;
}

struct Case {
  std::string filter;
  std::string other;  // of the second request
  std::string want;   // the values; or `another plan`, or `never`
};

TEST(Refill, TakesTheValuesOfAnotherRequest) {
  const Case kCases[] = {
      // Literals: texts, numbers, patterns.
      {"title = 'x' && views > 3", "title = 'yy' && views > 10.5", "'yy' 10.500000"},
      {"title ~ 'x'", "title ~ 'b_'", R"('b_' '%b\_%')"},
      {"title ~ 'x'", "title ~ 'b%'", "'b%' 'b%'"},
      {"views ~ 3", "views ~ 45", "45.000000 '%45%'"},
      {"meta.a = 'x'", "meta.a = 'y'", "'$.a' 'y'"},
      // Constants that compare otherwise make another plan.
      {"1 < 2 && title = 'x'", "3 < 2 && title = 'x'", "another plan"},
      // Macros and the request itself.
      {"created > @now", "created > @now", "'2025-05-31 16:08:37.000Z'"},
      {"title = @year", "title = @year", "2025"},
      {"title = @request.method", "title = @request.method", "'POST'"},
      {"title ~ @request.context", "title ~ @request.context", "'batch' '%batch%'"},
      {"author = @request.auth.id", "author = @request.auth.id", "'u2'"},
      {"title ~ @request.auth.email", "title ~ @request.auth.email", "'b%@x.io' 'b%@x.io'"},
      {"pinned = @request.auth.emailVisibility", "pinned = @request.auth.emailVisibility", "1"},
      {"title ~ @request.auth.verified", "title ~ @request.auth.verified", "0 '%false%'"},
      {"title = @request.auth.collectionName", "title = @request.auth.collectionName", "'users'"},
      {"title = @request.headers.x_h", "title = @request.headers.x_h", "'i'"},
      {"title ~ @request.query.q", "title ~ @request.query.q", "'y%' 'y%'"},
      {"title = @request.body.title", "title = @request.body.title", "'b'"},
      {"views > @request.body.views", "views > @request.body.views", "2.000000"},
      {"title ~ @request.body.pinned", "title ~ @request.body.pinned", "1 '%true%'"},
      // There or not, empty or not: other plans.
      {"title = @request.query.one", "title = @request.query.one", "another plan"},
      {"title = @request.body.status", "title = @request.body.status", "another plan"},
  };
  const auto first = MakeRequest(false);
  const auto second = MakeRequest(true);
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.filter + " then " + test.other);
    const auto kept = BindFor(test.filter, first->context);
    const auto anew = BindFor(test.other, second->context);
    ASSERT_TRUE(kept->plan.ok() && anew->plan.ok());
    ASSERT_EQ(kept->shape.key, anew->shape.key);
    const std::optional<Refill> refill = Refill::Of(*kept->plan, &kept->shape);
    if (!refill) {
      EXPECT_EQ(test.want, "never");
      continue;
    }
    const std::optional<SlotValues> values =
        refill->Fill(*kept->plan, {.request = &second->context, .filter = &anew->shape});
    if (!values) {
      EXPECT_EQ(test.want, "another plan");
      EXPECT_NE(Dump(*kept->plan), Dump(*anew->plan));
      continue;
    }
    EXPECT_EQ(Show(*kept->plan, *values), test.want);
    EXPECT_EQ(Show(*kept->plan, *values), Show(*anew->plan, SlotValues(*anew->plan)));
    // All but the collection's name, which is the same for both, change something.
    EXPECT_EQ(Dump(*kept->plan) == Dump(*anew->plan), test.want == "'users'");
    // In memory, too: a row that only the second request's values match, or both.
    const Predicate predicate(*kept->plan);
    // Patterns are compiled into a predicate.
    EXPECT_EQ(predicate.TakesValues(*refill), test.filter.find('~') == std::string::npos);
    if (!predicate.TakesValues(*refill)) continue;
    for (const char* text : {"yy", "xbx", "POST", "users", "b", "u2"}) {
      const MapRecord row({{"title", Value::Text(text)},
                           {"author", Value::Text(text)},
                           {"views", Value::Real(45)},
                           {"pinned", Value::Integer(1)},
                           {"created", Value::Text("2024-06-01 00:00:00.000Z")},
                           {"meta", Value::Text(R"({"a":"y"})")}});
      const StatusOr<bool> given = predicate.Matches(row, nullptr, {}, *values);
      const StatusOr<bool> bound = Predicate(*anew->plan).Matches(row);
      ASSERT_TRUE(given.ok() && bound.ok());
      EXPECT_EQ(*given, *bound) << text;
    }
  }
}

// Plans that look at a body in other ways than for a value are for one request.
TEST(Refill, KnowsWhatFitsOneRequestOnly) {
  const auto request = MakeRequest(false);
  for (const char* filter :
       {"@request.body.tags:length > 0", "@request.body.labels:each = 'a'",
        "@request.body.title:changed = true", "@request.body.title:isset = true"}) {
    const auto bound = BindFor(filter, request->context);
    ASSERT_TRUE(bound->plan.ok());
    const std::optional<Refill> refill = Refill::Of(*bound->plan, &bound->shape);
    const auto other = MakeRequest(true);
    other->context.body = JsonValue::Object();
    if (refill) {
      EXPECT_FALSE(
          refill->Fill(*bound->plan, {.request = &other->context, .filter = &bound->shape}))
          << filter;
    }
  }
}

TEST(Refill, LiteralsNeedTheFiltersShape) {
  const auto request = MakeRequest(false);
  const auto bound = BindFor("title = 'x'", request->context);
  EXPECT_TRUE(Refill::Of(*bound->plan, &bound->shape));
  EXPECT_FALSE(Refill::Of(*bound->plan, nullptr));
  FilterShape elsewhere;
  ASSERT_TRUE(TakeLiterals("org = 'x'", elsewhere));
  EXPECT_FALSE(Refill::Of(*bound->plan, &elsewhere));
}

TEST(Refill, TakesRowIds) {
  const std::string id = "one", other_id = "two";
  const std::vector<std::string> ids = {"a", "b"}, other_ids = {"c", "d\"e", "f"};
  const RequestContext context;
  Query query;
  query.collection = BlogSchema().Find("posts");
  query.row_id = &id;
  query.ids = &ids;
  StatusOr<Plan> plan = Bind(query, BlogSchema(), {.request = &context});
  ASSERT_TRUE(plan.ok());
  plan = Simplify(*std::move(plan));
  const std::optional<Refill> refill = Refill::Of(*plan, nullptr);
  ASSERT_TRUE(refill);
  const auto values =
      refill->Fill(*plan, {.request = &context, .row_id = &other_id, .ids = &other_ids});
  ASSERT_TRUE(values);
  EXPECT_EQ(Show(*plan, *values), R"('two' '["c","d\"e","f"]')");
  EXPECT_TRUE(refill->Changes(0));
  EXPECT_FALSE(refill->Changes(2));
}

}  // namespace
}  // namespace sluice
