// What names, comparisons and sorts come to mean over a schema. The texts of
// mistakes are those that the peer gave when the same rules were saved.
#include "sluice/binder.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/engine/blog_schema.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr BindMode kOpen = BindMode::kOpen;
constexpr BindMode kRestricted = BindMode::kRestricted;

struct TextCase {
  std::string_view filter;
  std::string_view want;
  std::string_view collection = "posts";
};

void ExpectWhere(const TextCase& test, BindMode mode = kOpen) {
  EXPECT_EQ(WhereOf({.filter = test.filter, .collection = test.collection, .mode = mode}),
            test.want)
      << "filter: " << test.filter;
}

// ---- texts of mistakes (F-170, S-53), as recorded ----

TEST(BinderErrors, AreThePeersTexts) {
  const TextCase kCases[] = {
      {"title", "invalid or incomplete filter expression"},
      {"title =", "invalid or incomplete filter expression"},
      {"   ", "empty filter expression"},
      {"title == 'x'", "invalid sign operator \"==\""},
      {"title <> 'x'", "invalid sign operator \"<>\""},
      {"title = 'x' and title = 'y'", "expected && or ||, got \"and\" (identifier)"},
      {"title = 'x' & title = 'y'", "invalid join operator \"&\""},
      {"title = 'x' || || title = 'y'",
       "expected left operand (identifier, function, text or number), got \"||\" (join)"},
      {"= 'x'", "expected left operand (identifier, function, text or number), got \"=\" (sign)"},
      {"title 'x'", "expected a sign operator, got \"x\" (text)"},
      {"title = = 'x'",
       "expected right operand (identifier, function text or number), got \"=\" (sign)"},
      {"'x' = ", "invalid or incomplete filter expression"},
      {"1 = ", "invalid or incomplete filter expression"},
      {"nope(1) = ", "invalid or incomplete filter expression"},
      {"(title = 'x'", "invalid formatted group - missing 1 closing bracket(s)"},
      {"((title = 'x')", "invalid formatted group - missing 1 closing bracket(s)"},
      {"title = 'x')", "unexpected character ')'"},
      {"()", "empty filter expression"},
      {"title = 'x' && ()", "empty filter expression"},
      {"title = 'x", "invalid quoted text \"'x\""},
      {"title = \"x", "invalid quoted text \"\\\"x\""},
      {"title = `x`", "unexpected character '`'"},
      {"title = 'x' / y", "invalid comment"},
      {"(title = 'x' // it's\n)", "invalid quoted text \"'s\\n)\""},
      {"title = 5.", "invalid number \"5.\""},
      {"title = -", "invalid number \"-\""},
      {"title = .5", "unexpected character '.'"},
      {"title = +5", "unexpected character '+'"},
      {"title = 1e5", "expected && or ||, got \"e5\" (identifier)"},
      {"title. = 1", "invalid identifier \"title.\""},
      {"title: = 1", "invalid identifier \"title:\""},
      {"@ = 1", "invalid identifier \"@\""},
      {"_ = 1", "invalid identifier \"_\""},
      {"# = 1", "invalid identifier \"#\""},
      {"title = 'x'\r\n", "unexpected character '\\r'"},
      {"title = \xc2\xa0"
       "'x'",
       "unexpected character '\\u00a0'"},
      {"title = \xc3\xa9"
       "",
       "unexpected character '\xc3\xa9"
       "'"},
      {"nope = 1", "invalid left operand \"nope\" - unknown field \"nope\""},
      {"title = nope", "invalid right operand \"nope\" - unknown field \"nope\""},
      {"title.x = 1", "invalid left operand \"title.x\" - field \"title\" is not a valid relation"},
      {"author.nope = 1", "invalid left operand \"author.nope\" - unknown field \"nope\""},
      {"author.name.x = 1",
       "invalid left operand \"author.name.x\" - field \"name\" is not a valid relation"},
      {"nope.name = 1", "invalid left operand \"nope.name\" - failed to resolve field \"nope\""},
      {"title:nope = 1",
       "invalid left operand \"title:nope\" - unknown modifier in \"title:nope\""},
      {"title:lower:lower = 1",
       "invalid left operand \"title:lower:lower\" - unknown field \"title:lower:lower\""},
      {"tags:each.name = 1",
       "invalid left operand \"tags:each.name\" - failed to resolve field \"tags:each\""},
      {"@nope = 1", "invalid left operand \"@nope\" - failed to resolve field \"@nope\""},
      {"@request.nope = 1",
       "invalid left operand \"@request.nope\" - failed to resolve field \"@request.nope\""},
      {"@request = 1", "invalid left operand \"@request\" - failed to resolve field \"@request\""},
      {"@request.auth = 1",
       "invalid left operand \"@request.auth\" - failed to resolve field \"@request.auth\""},
      {"@collection.nope.id = 1",
       "invalid left operand \"@collection.nope.id\" - failed to load collection \"nope\" from "
       "field path \"@collection.nope.id\""},
      {"@collection.tags.nope = 1",
       "invalid left operand \"@collection.tags.nope\" - unknown field \"nope\""},
      {"@collection.tags = 1",
       "invalid left operand \"@collection.tags\" - failed to resolve field \"@collection.tags\""},
      {"@request.body.nope:changed = true",
       "invalid left operand \"@request.body.nope:changed\" - invalid modifier sequence "
       "nope:changed"},
      {"@request.body.title:each = 1",
       "invalid left operand \"@request.body.title:each\" - field \"title\" doesn't support "
       "multivalue operations"},
      {"@request.body.title:length = 1",
       "invalid left operand \"@request.body.title:length\" - field \"title\" doesn't support "
       "multivalue operations"},
      {"@request.body.nope:length = 1",
       "invalid left operand \"@request.body.nope:length\" - invalid modifier sequence "
       "nope:length"},
      {"@request.body.title:nope = 1",
       "invalid left operand \"@request.body.title:nope\" - unknown modifier in \"title:nope\""},
      {"@request.query.a:each = 1",
       "invalid left operand \"@request.query.a:each\" - invalid modifier sequence a:each"},
      {"comments_via_post = 1",
       "invalid left operand \"comments_via_post\" - unknown field \"comments_via_post\""},
      {"comments_via_nope.id = 1",
       "invalid left operand \"comments_via_nope.id\" - missing back relation field \"nope\""},
      {"nope_via_post.id = 1",
       "invalid left operand \"nope_via_post.id\" - failed to load back relation field "
       "\"nope_via_post\" collection"},
      {"comments_via_text.id = 1",
       "invalid left operand \"comments_via_text.id\" - invalid back relation field \"text\""},
      {"comments_via_author.id = 1",
       "invalid left operand \"comments_via_author.id\" - invalid collection reference of a back "
       "relation field \"author\""},
      {"tags_via_parent.id = 1",
       "invalid left operand \"tags_via_parent.id\" - invalid collection reference of a back "
       "relation field \"parent\""},
      {"parent.parent = 1",
       "invalid left operand \"parent.parent\" - failed to resolve field \"parent\""},
      {"related.related.related.related.related.related.related.id = 1",
       "invalid left operand \"related.related.related.related.related.related.related.id\" - max "
       "nested relations reached for field \"related\""},
      {"nope(1) = 1", "invalid left operand \"nope\" - unknown function \"nope\""},
      {"strftime() = 1",
       "invalid left operand \"strftime\" - [strftime] expected at least 1 arguments, got 0"},
      {"strftime(title) = 1",
       "invalid left operand \"strftime\" - [strftime] expects the first argument to be a format "
       "string"},
      {"strftime('%Y', title, 1) = 1",
       "invalid left operand \"strftime\" - [strftime] invalid modifier argument 0 - can be only "
       "string"},
      {"strftime('%Y', 'x', title) = 1",
       "invalid left operand \"strftime\" - [strftime] invalid modifier argument 0 - can be only "
       "string"},
      {"strftime('1','2','3','4','5','6','7','8','9','10','11') = 1",
       "invalid left operand \"strftime\" - [strftime] too many arguments (max allowed 10, got "
       "11)"},
      {"geoDistance(1,2,3) = 1",
       "invalid left operand \"geoDistance\" - [geoDistance] expected 4 arguments, got 3"},
      {"geoDistance(1,2,3,'4') = 1",
       "invalid left operand \"geoDistance\" - [geoDistance] argument 3 must be an identifier or "
       "number"},
      {"geoDistance(1,2,3,4,5) = 1",
       "invalid left operand \"geoDistance\" - [geoDistance] expected 4 arguments, got 5"},
      {"geoDistance(1,nope,3,4) = 1",
       "invalid left operand \"geoDistance\" - [geoDistance] failed to resolve argument 1: unknown "
       "field \"nope\""},
      {"strftime(,'%Y') = 1", "unexpected comma in function \"strftime\""},
      {"strftime('%Y',,title) = 1", "unexpected comma in function \"strftime\""},
      {"strftime('%Y' title) = 1",
       "expected comma after the last argument in function \"strftime\""},
      {"strftime('%Y', &) = 1", "unsupported argument character '&' in function \"strftime\""},
      {"strftime('%Y' = 1", "expected comma after the last argument in function \"strftime\""},
      {"strftime('%Y', 5.) = 1",
       "invalid number argument \"5.\" in function \"strftime\": invalid number \"5.\""},
      {"strftime('%Y', x.) = 1",
       "invalid identifier argument \"x.\" in function \"strftime\": invalid identifier \"x.\""},
      {"strftime('%Y', 'a) = 1",
       "invalid text argument \"'a) = 1\" in function \"strftime\": invalid quoted text \"'a) = "
       "1\""},
      {"_(1) = 1", "invalid function name \"_\""},
      {"a(b(c(d(1)))) = 1",
       "invalid identifier argument \"b\" in function \"a\": invalid identifier argument \"c\" in "
       "function \"b\": invalid identifier argument \"d\" in function \"c\": max nested function "
       "arguments reached (max: 3)"},
      {"strftime('%Y',strftime('%Y')) = 1",
       "invalid left operand \"strftime\" - [strftime] expects the second argument to be of a "
       "valid time-value type"},
      {"title = 'x' (views = 1) title = 'y'", "expected && or ||, got \"title\" (identifier)"},
      {"title => 1", "invalid sign operator \"=>\""},
      {"title =! 1", "invalid sign operator \"=!\""},
      {"title ?! 1", "invalid sign operator \"?!\""},
      {"title ! 1", "invalid sign operator \"!\""},
      {"title ~~ 1", "invalid sign operator \"~~\""},
  };
  for (const TextCase& test : kCases) ExpectWhere(test);
}

std::string Repeated(std::string_view text, std::string_view join, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    if (i > 0) all += join;
    all += text;
  }
  return all;
}

TEST(BinderErrors, AreFoundInBranchesThatCouldNotMatter) {
  ExpectWhere({"1 = 1 || nope = 1", R"(invalid left operand "nope" - unknown field "nope")"});
  ExpectWhere({"title = 'x' && (1 = 2 && title = nope)",
               R"(invalid right operand "nope" - unknown field "nope")"});
}

TEST(BinderErrors, AreTheFirstInTheOrderRuleFilterSort) {
  EXPECT_EQ(WhereOf({.filter = "b = 1", .rule = "a = 1", .sort = "c"}),
            R"(invalid left operand "a" - unknown field "a")");
  EXPECT_EQ(WhereOf({.filter = "b = 1", .rule = "id = 1", .sort = "c"}),
            R"(invalid left operand "b" - unknown field "b")");
  EXPECT_EQ(WhereOf({.filter = "id = 1", .rule = "id = 1", .sort = "c"}),
            R"(invalid sort field "c")");
}

TEST(BinderErrors, HaveTheSpanOfTheOperand) {
  struct Case {
    std::string_view filter, want;
  };
  const Case kCases[] = {
      {"title = 'x' && nope = 1", "nope"},
      {"title = 'x' && title = author.nope", "author.nope"},
      {"(id = 1 || (views > title.x))", "title.x"},
      {"strftime('%Y', nope) = 'a'", "strftime('%Y', nope)"},
      {"1 = geoDistance(1, 2, 3)", "geoDistance(1, 2, 3)"},
      {"title:nope ~ 'title:nope'", "title:nope"},
  };
  for (const Case& test : kCases) {
    const StatusOr<Plan> plan = BindTexts({.filter = test.filter});
    ASSERT_FALSE(plan.ok()) << test.filter;
    const std::optional<Diagnostic> found = GetDiagnostic(plan.status());
    ASSERT_TRUE(found) << test.filter;
    ASSERT_LE(found->span.end, test.filter.size());
    EXPECT_EQ(test.filter.substr(found->span.begin, found->span.end - found->span.begin), test.want)
        << test.filter;
  }
}

TEST(BinderErrors, OfASortHaveTheSpanOfTheKey) {
  const std::string_view sort = "title,-nope";
  const StatusOr<Plan> plan = BindTexts({.sort = sort});
  const std::optional<Diagnostic> found = GetDiagnostic(plan.status());
  ASSERT_TRUE(found);
  EXPECT_THAT(std::string(sort.substr(found->span.begin, found->span.end - found->span.begin)),
              HasSubstr("nope"));
  EXPECT_EQ(found->code.substr(0, 5), "sort_");
}

// ---- shapes of names (F-69, F-71) ----

TEST(Binder, RefusesNamesOfNoKnownShape) {
  for (std::string_view name :
       {"@request", "@request.auth", "@request.query", "@request.headers", "@request.body",
        "@request.nope.x", "@request.context.x", "@request.methods", "@collection.tags",
        "@collection.tags:.name", "@foo", "#x", "@now.x", "@nowx", "@now:lower", "@Now"}) {
    const std::string text(name);
    ExpectWhere({text + " = 1", "invalid left operand \"" + text +
                                    "\" - failed to resolve field \"" + text + "\""});
  }
}

TEST(Binder, SplitsExactlyOneColon) {
  ExpectWhere({"title:lower = 'x'", "(= (lower posts.title) $0='x')"});
  ExpectWhere({"title::lower = 'x'",
               R"(invalid left operand "title::lower" - unknown field "title::lower")"});
  ExpectWhere(
      {"author:lower.name = 'x'",
       R"(invalid left operand "author:lower.name" - failed to resolve field "author:lower")"});
  ExpectWhere({"author..name = 'x'",
               R"(invalid left operand "author..name" - failed to resolve field "")"});
}

TEST(Binder, TakesFieldNamesWithTheirCase) {
  ExpectWhere({"Title = 1", R"(invalid left operand "Title" - unknown field "Title")"});
  ExpectWhere({"title:LOWER = 1",
               R"(invalid left operand "title:LOWER" - unknown modifier in "title:LOWER")"});
}

TEST(Binder, KnowsNoPseudoFields) {
  for (std::string_view name : {"collectionId", "collectionName", "expand"}) {
    const std::string text(name);
    ExpectWhere(
        {text + " = 1", "invalid left operand \"" + text + "\" - unknown field \"" + text + "\""});
  }
  ExpectWhere(
      {"@rowid = 1", R"(invalid left operand "@rowid" - failed to resolve field "@rowid")"});
  ExpectWhere(
      {"@random = 1", R"(invalid left operand "@random" - failed to resolve field "@random")"});
}

// ---- literals (F-30) ----

TEST(Binder, ReadsLiteralsOfAnyCaseWhereNoFieldHasTheName) {
  ExpectWhere({"title = NULL", "(is-empty posts.title NULL)"});
  ExpectWhere({"title = Null", "(is-empty posts.title NULL)"});
  ExpectWhere({"pinned = TRUE", "(= posts.pinned 1)"});
  ExpectWhere({"pinned = fALSE", "(= posts.pinned 0)"});
}

TEST(Binder, PrefersAFieldWithTheNameOfALiteral) {
  ExpectWhere({"null = 'x'", "(= odd.null $0='x')", "odd"});
  ExpectWhere({"NULL = 'x'", "(= '' $0='x')", "odd"});
  ExpectWhere({"True = 'x'", "(= odd.True $0='x')", "odd"});
  ExpectWhere({"true = 'x'", "(= 1 $0='x')", "odd"});
}

// ---- the decision table (F-44 to F-46) ----

struct TableCase {
  std::string_view left, right;
  std::string_view equal, not_equal;
};

const TableCase kDecisionTable[] = {
    // Row 1: a side with mode off.
    {"meta", "'x'", "(is (json posts.meta $0='$') $1='x')",
     "(is-not (json posts.meta $0='$') $1='x')"},
    {"'x'", "meta", "(is $0='x' (json posts.meta $1='$'))",
     "(is-not $0='x' (json posts.meta $1='$'))"},
    {"meta.a", "''", "(is (json posts.meta $0='$.a') $1='')",
     "(is-not (json posts.meta $0='$.a') $1='')"},
    {"meta", "null", "(is (json posts.meta $0='$') NULL)",
     "(is-not (json posts.meta $0='$') NULL)"},
    {"place.lat", "1", "(is (json posts.place $0='$.lat') $1=1.0)",
     "(is-not (json posts.place $0='$.lat') $1=1.0)"},
    {"geoDistance(1,2,3,4)", "0", "(is (geoDistance $0=1.0 $1=2.0 $2=3.0 $3=4.0) $4=0.0)",
     "(is-not (geoDistance $0=1.0 $1=2.0 $2=3.0 $3=4.0) $4=0.0)"},
    {"title", "meta", "(is posts.title (json posts.meta $0='$'))",
     "(is-not posts.title (json posts.meta $0='$'))"},
    {"meta:lower", "'x'", "(is (lower (json posts.meta $0='$')) $1='x')",
     "(is-not (lower (json posts.meta $0='$')) $1='x')"},
    // Row 2: both empty.
    {"''", "null", "true", "false"},
    {"null", "null", "true", "false"},
    {"''", "''", "true", "false"},
    {"@request.query.a", "''", "true", "false"},
    {"@request.auth.nope", "null", "true", "false"},
    // Row 3: one side known not to be empty; an empty side becomes ''.
    {"title", "'x'", "(= posts.title $0='x')", "(!= posts.title $0='x')"},
    {"'x'", "title", "(= $0='x' posts.title)", "(!= $0='x' posts.title)"},
    {"title", "0", "(= posts.title $0=0.0)", "(!= posts.title $0=0.0)"},
    {"title", "false", "(= posts.title 0)", "(!= posts.title 0)"},
    {"1", "null", "(= $0=1.0 '')", "(!= $0=1.0 '')"},
    {"null", "1", "(= '' $0=1.0)", "(!= '' $0=1.0)"},
    {"''", "1", "(= '' $1=1.0)", "(!= '' $1=1.0)"},
    {"@request.query.a", "1", "(= '' $0=1.0)", "(!= '' $0=1.0)"},
    {"true", "''", "(= 1 '')", "(!= 1 '')"},
    {"@request.query.a:isset", "''", "(= 0 '')", "(!= 0 '')"},
    {"strftime('%Y',created)", "'2024'", "(= (strftime $0='%Y' posts.created) $1='2024')",
     "(!= (strftime $0='%Y' posts.created) $1='2024')"},
    // Row 4: only the left side is empty.
    {"''", "title", "(right-is-empty $0='' posts.title)", "(right-not-empty $0='' posts.title)"},
    {"null", "title", "(right-is-empty NULL posts.title)", "(right-not-empty NULL posts.title)"},
    {"@request.headers.a", "title", "(right-is-empty NULL posts.title)",
     "(right-not-empty NULL posts.title)"},
    // Row 5: only the right side is.
    {"title", "''", "(is-empty posts.title $0='')", "(not-empty posts.title $0='')"},
    {"views", "null", "(is-empty posts.views NULL)", "(not-empty posts.views NULL)"},
    {"tags:length", "''", "(is-empty (length posts.tags) $0='')",
     "(not-empty (length posts.tags) $0='')"},
    {"strftime('%Y',created)", "''", "(is-empty (strftime $0='%Y' posts.created) $1='')",
     "(not-empty (strftime $0='%Y' posts.created) $1='')"},
    {"title:lower", "null", "(is-empty (lower posts.title) NULL)",
     "(not-empty (lower posts.title) NULL)"},
    // Row 6: the rest.
    {"title", "slug", "(coalesce= posts.title posts.slug)", "(coalesce!= posts.title posts.slug)"},
    {"views", "tags:length", "(coalesce= posts.views (length posts.tags))",
     "(coalesce!= posts.views (length posts.tags))"},
    {"strftime('%Y',created)", "slug", "(coalesce= (strftime $0='%Y' posts.created) posts.slug)",
     "(coalesce!= (strftime $0='%Y' posts.created) posts.slug)"},
    {"strftime('')", "slug", "(coalesce= (strftime $0='') posts.slug)",
     "(coalesce!= (strftime $0='') posts.slug)"},
    {"place", "slug", "(coalesce= posts.place posts.slug)", "(coalesce!= posts.place posts.slug)"},
};

TEST(Binder, FollowsTheDecisionTable) {
  for (const TableCase& test : kDecisionTable) {
    const std::string left(test.left);
    const std::string right(test.right);
    for (std::string_view any : {"", "?"}) {
      ExpectWhere({left + " " + std::string(any) + "= " + right, test.equal});
      ExpectWhere({left + " " + std::string(any) + "!= " + right, test.not_equal});
    }
  }
}

// F-50, F-51: no null handling at all.
TEST(Binder, LeavesOrderingsAndLikeAsTheyAre) {
  ExpectWhere({"title > null", "(> posts.title NULL)"});
  ExpectWhere({"views >= ''", "(>= posts.views $0='')"});
  ExpectWhere({"title < slug", "(< posts.title posts.slug)"});
  ExpectWhere({"meta <= 1", "(<= (json posts.meta $0='$') $1=1.0)"});
  ExpectWhere({"title ~ null", "(contains posts.title NULL)"});
  ExpectWhere({"title !~ slug", "(not-contains posts.title posts.slug)"});
  ExpectWhere({"title ~ true", "(contains posts.title 1)"});
}

// F-53, F-54: the value's plain text, wrapped.
TEST(Binder, WrapsEveryValueOnTheRightOfLike) {
  ExpectWhere({"title ~ 'abc'", "(like posts.title $1='%abc%')"});
  ExpectWhere({"title !~ 'ab%c'", "(not-like posts.title $1='ab%c')"});
  ExpectWhere({"title ~ ''", "(like posts.title $1='%%')"});
  ExpectWhere({"title ~ 10", "(like posts.title $1='%10%')"});
  ExpectWhere({"title ~ -0", "(like posts.title $1='%-0%')"});
  ExpectWhere({"title ~ 0.5", "(like posts.title $1='%0.5%')"});
  ExpectWhere({"'abc' ~ title", "(contains $0='abc' posts.title)"});
  ExpectWhere({"title ~ strftime('%Y','now')", "(like posts.title (strftime $2='%Y' $3='%now%'))"});
}

// ---- fields and modifiers (F-73 to F-81) ----

TEST(Binder, AppliesModifiersWhereTheyMeanSomething) {
  const TextCase kCases[] = {
      // F-75: the length of lists, single or multiple; ignored elsewhere.
      {"tags:length > 1", "(> (length posts.tags) $0=1.0)"},
      {"author:length > 1", "(> (length posts.author) $0=1.0)"},
      {"status:length > 1", "(> (length posts.status) $0=1.0)"},
      {"attachments:length > 1", "(> (length posts.attachments) $0=1.0)"},
      {"title:length > 1", "(> posts.title $0=1.0)"},
      {"views:length > 1", "(> posts.views $0=1.0)"},
      // F-76: elements; ignored elsewhere.
      {"status:each = 'a'", "(= v1.value $0='a')"},
      {"title:each = 'a'", "(= posts.title $0='a')"},
      {"meta:each = 'a'", "(is (json posts.meta $0='$') $1='a')"},
      // F-77.
      {"views:lower = 10", "(= (lower posts.views) $0=10.0)"},
      {"labels:lower = 'a'", "(= (lower posts.labels) $0='a')"},
      // F-78.
      {"title:isset = 'a'", "(= posts.title $0='a')"},
      {"title:changed = 'a'", "(= posts.title $0='a')"},
      // F-79: colons are deleted, digits are an index.
      {"meta.list:length = 1", "(is (json posts.meta $0='$.listlength') $1=1.0)"},
      {"meta.a.0.b1 = 1", "(is (json posts.meta $0='$.a[0].b1') $1=1.0)"},
      {"place.lon > 1", "(> (json posts.place $0='$.lon') $1=1.0)"},
      // F-80, F-81: raw columns.
      {"place = 1", "(= posts.place $0=1.0)"},
      {"tags = '[]'", "(= posts.tags $0='[]')"},
      {"labels ~ 'a'", "(like posts.labels $1='%a%')"},
  };
  for (const TextCase& test : kCases) ExpectWhere(test);
}

TEST(Binder, RefusesHiddenFieldsOnlyInRestrictedMode) {
  const TextCase kCases[] = {
      {"internal = 1", R"(invalid left operand "internal" - non-filterable field "internal")"},
      {"author.secretNote = 1",
       R"(invalid left operand "author.secretNote" - non-filterable field "secretNote")"},
      {"password = 1", R"(invalid left operand "password" - non-filterable field "password")",
       "users"},
      {"1 = tokenKey:lower",
       R"(invalid right operand "tokenKey:lower" - non-filterable field "tokenKey")", "users"},
      {"audits_via_post.id = 1",
       R"(invalid left operand "audits_via_post.id" - non-filterable back relation field "post")"},
  };
  for (const TextCase& test : kCases) {
    ExpectWhere(test, kRestricted);
    EXPECT_TRUE(BindTexts({.filter = test.filter, .collection = test.collection}).ok())
        << test.filter;
  }
}

TEST(Binder, RefusesAHiddenFieldOnTheWay) {
  ExpectWhere(
      {"post.id = 1", R"(invalid left operand "post.id" - non-filterable field "post")", "audits"},
      kRestricted);
}

TEST(Binder, RefusesJoinedCollectionsThatTheCallerCannotList) {
  constexpr std::string_view kLocked =
      R"(fields can be accessed only when allowHiddenFields is enabled or by superusers)";
  for (std::string_view filter :
       {"secret.key = 1", "@collection.secrets.key = 1", "secret.id:lower = 1"}) {
    EXPECT_EQ(WhereOf({.filter = filter, .mode = kRestricted}),
              "invalid left operand \"" + std::string(filter.substr(0, filter.find(' '))) +
                  "\" - \"secrets\" " + std::string(kLocked));
    EXPECT_TRUE(BindTexts({.filter = filter}).ok()) << filter;
  }
}

// F-121: no row is joined.
TEST(Binder, NeedsNoListRuleWithoutAJoin) {
  for (std::string_view filter :
       {"secret = 1", "secret.id = 1", "secret:each = 1", "secret:length = 1"}) {
    EXPECT_TRUE(BindTexts({.filter = filter, .mode = kRestricted}).ok()) << filter;
  }
}

// F-116, F-119: at the top level, in open mode, about the joined row.
TEST(Binder, AddsTheListRuleOfAJoinedRowAtTheTop) {
  EXPECT_EQ(DumpOf({.filter = "post.title = 'x' || text = 'y'",
                    .collection = "comments",
                    .mode = kRestricted}),
            "base comments\n"
            "v1 relation posts .post of comments to-one (post)\n"
            "where (and (or (= v1.title $2='x') (= comments.text $3='y'))"
            " (or (is-empty v1.id $0='')"
            " (or (= v1.status $1='published') (is-empty v1.author NULL))))\n");
}

TEST(Binder, AddsTheListRuleOnceForEachJoinedRow) {
  const std::string where = WhereOf({.filter = "post.title = 'x' && post.slug = 'y'",
                                     .collection = "comments",
                                     .mode = kRestricted,
                                     .sort = "post.title"});
  const std::size_t first = where.find("published");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(where.find("published", first + 1), std::string::npos) << where;
}

TEST(Binder, AddsNoListRuleForARuleOrASuperuser) {
  EXPECT_THAT(WhereOf({.filter = "post.title = 'x'", .collection = "comments"}),
              Not(HasSubstr("published")));
  EXPECT_THAT(WhereOf({.collection = "comments", .mode = kRestricted, .rule = "post.title = 'x'"}),
              Not(HasSubstr("published")));
}

// F-122, F-67: the filter shares the rule's row and makes it subject to the rule.
TEST(Binder, RestrictsARowThatRuleAndFilterShare) {
  const std::string dump = DumpOf({.filter = "post.slug = 'y'",
                                   .collection = "comments",
                                   .mode = kRestricted,
                                   .rule = "post.title = 'x'"});
  EXPECT_THAT(dump, HasSubstr("published"));
  EXPECT_THAT(dump, HasSubstr("(= v1.title $0='x') (= v1.slug $3='y')"));
}

// F-118.
TEST(Binder, AddsTheListRuleForASortToo) {
  EXPECT_THAT(WhereOf({.collection = "comments", .mode = kRestricted, .sort = "post.title"}),
              HasSubstr("published"));
}

// F-120.
TEST(Binder, BreaksOnAListRuleWhoseCommentHoldsAQuote) {
  std::vector<std::shared_ptr<Collection>> all = BlogCollections();
  for (auto& collection : all) {
    if (collection->name == "tags") collection->list_rule = "name != '' // it's";
  }
  const std::shared_ptr<const Schema> schema = SchemaOf(all);
  EXPECT_FALSE(
      BindTexts({.filter = "parent.name = 'x'", .collection = "tags", .mode = kRestricted}, *schema)
          .ok());
  EXPECT_TRUE(
      BindTexts({.collection = "tags", .rule = *schema->Find("tags")->list_rule}, *schema).ok());
}

// ---- e-mail addresses (F-114) ----

TEST(Binder, ShowsOnlyVisibleEmails) {
  const TextCase kCases[] = {
      {"email = 'x'", "(and (= users.email $0='x') (= users.emailVisibility 1))", "users"},
      {"'x' = email", "(and (= $0='x' users.email) (= users.emailVisibility 1))", "users"},
      {"email:lower = 'x'", "(and (= (lower users.email) $0='x') (= users.emailVisibility 1))",
       "users"},
      {"email ?~ 'x'", "(and (like users.email $1='%x%') (= users.emailVisibility 1))", "users"},
      {"author.email = 'x'", "(and (= v1.email $0='x') (= v1.emailVisibility 1))", "comments"},
      {"email = manager.email",
       "(and (coalesce= users.email v1.email) (= users.emailVisibility 1) (= v1.emailVisibility "
       "1))",
       "users"},
      // A view is no auth collection; F-110.
      {"email = 'x'", "(= people.email $0='x')", "people"},
      {"strftime('%Y', email) = 'x'", "(= (strftime $0='%Y' users.email) $1='x')", "users"},
  };
  for (const TextCase& test : kCases) ExpectWhere(test, kRestricted);
  ExpectWhere({"email = 'x'", "(= users.email $0='x')", "users"});
}

TEST(Binder, SeesEveryEmailInTheAllValuesPart) {
  EXPECT_EQ(WhereOf({.filter = "members.email = 'x'", .collection = "orgs", .mode = kRestricted}),
            "(and (= v2.email $0='x') (= v2.emailVisibility 1) (never-false (v3 v4) (= v4.email "
            "$0='x')))");
}

// F-139.
TEST(Binder, SortsByAnyEmail) {
  EXPECT_EQ(WhereOf({.collection = "users", .mode = kRestricted, .sort = "email"}), "true");
}

// ---- strict mode: nothing unseen has influence (tools/README.md) ----

TEST(BinderStrict, RefusesWhatHiddenValuesDecide) {
  struct Case {
    std::string_view filter, collection, sort, want;
  };
  const Case kCases[] = {
      {"members.email = 'x'", "orgs", "",
       "addresses of many rows are compared with ?= only: some may be hidden"},
      {"'x' !~ members.email", "orgs", "",
       "addresses of many rows are compared with ?!~ only: some may be hidden"},
      {"", "users", "-email", "invalid sort field \"email\""},
      {"meta..a = 1", "posts", "", "malformed JSON path below \"meta\""},
      {"post.title = 'x'", "comments", "",
       "the list rule of \"posts\" differs by row: strict mode has no paths through it"},
      // The default takes them all; these are taken in strict mode, too.
      {"members.email ?= 'x'", "orgs", "", ""},
      {"email = 'x'", "users", "name", ""},
      {"meta.a = 1", "posts", "", ""},
      {"comments_via_post.text ?= 'x'", "posts", "", ""},  // a rule of the caller alone
  };
  for (const Case& test : kCases) {
    const StatusOr<Ast> filter = ParseFilter(test.filter.empty() ? "1=1" : test.filter);
    const StatusOr<SortList> sort = ParseSort(test.sort);
    ASSERT_TRUE(filter.ok() && sort.ok());
    Query query;
    query.collection = BlogSchema().Find(test.collection);
    query.filter = &*filter;
    query.sort = &*sort;
    BindOptions options;
    options.filter_mode = kRestricted;
    EXPECT_TRUE(Bind(query, BlogSchema(), options).ok()) << test.filter << test.sort;
    options.strict = true;
    const StatusOr<Plan> plan = Bind(query, BlogSchema(), options);
    if (test.want.empty()) {
      EXPECT_TRUE(plan.ok()) << test.filter << plan.status();
    } else {
      EXPECT_THAT(MessageOf(plan.status()), HasSubstr(test.want)) << test.filter << test.sort;
    }
  }
}

// ---- relations (F-83 to F-86) ----

TEST(Binder, TakesTheIdOfASingleRelationForTheColumn) {
  ExpectWhere({"author.id = 'x'", "(= posts.author $0='x')"});
  ExpectWhere({"author.manager.id = 'x'", "(= v1.manager $0='x')"});
  ExpectWhere({"author.id:lower = 'x'", "(= (lower v1.id) $0='x')"});
}

TEST(Binder, JoinsForTheIdOfAMultipleRelation) {
  EXPECT_EQ(DumpOf({.filter = "tags.id ?= 'x'"}),
            "base posts\n"
            "v1 elements .tags of posts to-many (tags:each)\n"
            "v2 relation tags of v1 to-one (tags)\n"
            "where (= v2.id $0='x')\n");
}

TEST(Binder, SharesOneRowBetweenEqualPaths) {
  EXPECT_EQ(DumpOf({.filter = "tags.name ?= 'x' && tags:each ?= 'y' && author.name = author.score",
                    .rule = "tags.weight ?= 1",
                    .sort = "-tags.name,author.name"}),
            "base posts\n"
            "v1 elements .tags of posts to-many (tags:each)\n"
            "v2 relation tags of v1 to-one (tags)\n"
            "v3 relation users .author of posts to-one (author)\n"
            "where (and (= v2.weight $0=1.0)"
            " (and (= v2.name $1='x') (= v1.value $2='y') (coalesce= v3.name v3.score)))\n"
            "order v2.name desc\n"
            "order v3.name\n");
}

TEST(Binder, CountsSixHops) {
  const std::string six = Repeated("manager", ".", 6) + ".name";
  const std::string seven = Repeated("manager", ".", 7) + ".name";
  const std::string error = R"( - max nested relations reached for field "manager")";
  const auto expect = [&](const std::string& prefix, std::string_view collection) {
    EXPECT_TRUE(BindTexts({.filter = prefix + six + " = 1", .collection = collection}).ok())
        << prefix;
    ExpectWhere({prefix + seven + " = 1", "invalid left operand \"" + prefix + seven + "\"" + error,
                 collection});
  };
  expect("", "users");
  expect("@collection.users.", "posts");
}

TEST(Binder, CountsBackRelationsAsHops) {
  const std::string hops = Repeated("related", ".", 6);
  ExpectWhere(
      {hops + ".comments_via_post.id = 1",
       "invalid left operand \"" + hops +
           R"(.comments_via_post.id" - max nested relations reached for field "comments_via_post")"});
}

TEST(Binder, CountsNoHopsInJsonPaths) {
  EXPECT_TRUE(BindTexts({.filter = Repeated("related", ".", 6) + ".meta.a.b.c.d.e.f.g = 1"}).ok());
}

TEST(Binder, RefusesMoreThan64Tables) {
  const auto aliases = [](int count) {
    std::string filter;
    for (int i = 0; i < count; ++i) {
      filter += (i > 0 ? " && " : "") + ("@collection.tags:a" + std::to_string(i) + ".id ?= 1");
    }
    return filter;
  };
  EXPECT_TRUE(BindTexts({.filter = aliases(63)}).ok());  // and the base
  const StatusOr<Plan> plan = BindTexts({.filter = aliases(64)});
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(MessageOf(plan.status()), HasSubstr("at most 64 tables"));
}

// ---- back-relations (F-87 to F-89) ----

TEST(Binder, FollowsBackRelations) {
  const TextCase kCases[] = {
      {"comments_via_post.text ?= 'x'",
       "base posts\n"
       "v1 back comments .post of posts to-many (comments_via_post)\n"
       "where (= v1.text $0='x')\n"},
      // A unique index makes it single-valued, whatever the case of its column.
      {"profiles_via_user.headline = 'x'",
       "base users\n"
       "v1 back profiles .user of users to-one (profiles_via_user)\n"
       "where (= v1.headline $0='x')\n",
       "users"},
      // Such an index on a multiple field does not count.
      {"profiles_via_links.headline ?= 'x'",
       "base tags\n"
       "v1 back-elements profiles .links of tags to-many (profiles_via_links)\n"
       "where (= v1.headline $0='x')\n",
       "tags"},
      // F-89: single-valued by name, though a partial index proves nothing.
      {"drafts_via_post.id = 'x'",
       "base posts\n"
       "v1 back drafts .post of posts to-many (drafts_via_post)\n"
       "where (= v1.id $0='x')\n"},
      // Collections by id, and without case.
      {"COMMENTS_via_post.text ?= 'x'",
       "base posts\n"
       "v1 back comments .post of posts to-many (COMMENTS_via_post)\n"
       "where (= v1.text $0='x')\n"},
      {"c_comments_via_post.text ?= 'x'",
       "base posts\n"
       "v1 back comments .post of posts to-many (c_comments_via_post)\n"
       "where (= v1.text $0='x')\n"},
      // A field of that name wins.
      {"comments_via_post.name = 'x'",
       "base odd\n"
       "v1 relation tags .comments_via_post of odd to-one (comments_via_post)\n"
       "where (= v1.name $0='x')\n",
       "odd"},
  };
  for (const TextCase& test : kCases) {
    EXPECT_EQ(DumpOf({.filter = test.filter, .collection = test.collection}), test.want)
        << test.filter;
  }
}

TEST(Binder, TakesNoModifierOnABackRelation) {
  ExpectWhere(
      {"comments_via_post:length > 1",
       R"(invalid left operand "comments_via_post:length" - unknown field "comments_via_post")"});
}

// ---- many values (F-57 to F-64) ----

TEST(Binder, AddsTheAllValuesPartForManyValuesOnly) {
  struct Case {
    std::string_view operand;
    bool many;
    std::string_view collection = "posts";
  };
  const Case kCases[] = {
      {"tags.name", true},
      {"tags.id", true},
      {"author.name", false},
      {"org.members.name", true},
      {"org.members.manager.name", true},
      {"org.members.manager.id", true},
      {"comments_via_post.text", true},
      {"profiles_via_user.headline", false, "users"},
      {"profiles_via_links.headline", true, "tags"},
      {"profiles_via_user.links.name", true, "users"},
      {"drafts_via_post.id", false},
      {"@collection.tags.name", true},
      {"labels:each", true},
      {"attachments:each", true},
      {"status:each", false},
      {"author:each", false},
      {"tags.parent:each", true},
      // Raw text and lengths are one value.
      {"labels", false},
      {"tags:length", false},
      {"tags.parent:length", true},
      // A json path below many rows.
      {"org.settings.a", false},
      {"related.meta.a", true},
      // F-68.
      {"strftime('%Y', related.created)", true},
      {"strftime('%Y', created)", false},
      {"geoDistance(related.place.lon, 1, 2, 3)", false},
  };
  for (const Case& test : kCases) {
    const std::string operand(test.operand);
    for (std::string_view op : {"=", "!=", "~", "!~", "<", ">="}) {
      const std::string text(op);
      for (const std::string& plain :
           {operand + " " + text + " 'x'", "'x' " + text + " " + operand}) {
        const std::string where = WhereOf({.filter = plain, .collection = test.collection});
        EXPECT_EQ(where.find("never-false") != std::string::npos, test.many) << plain << "\n"
                                                                             << where;
      }
      EXPECT_THAT(
          WhereOf({.filter = operand + " ?" + text + " 'x'", .collection = test.collection}),
          Not(HasSubstr("never-false")));
    }
  }
}

TEST(Binder, ReadsTheManyValuesAnewInTheAllValuesPart) {
  EXPECT_EQ(DumpOf({.filter = "tags.name != 'x'"}),
            "base posts\n"
            "v1 elements .tags of posts to-many (tags:each)\n"
            "v2 relation tags of v1 to-one (tags)\n"
            "v3 elements .tags of posts to-many bound (tags:each)\n"
            "v4 relation tags of v3 to-one bound (tags)\n"
            "where (and (!= v2.name $0='x') (never-false (v3 v4) (!= v4.name $0='x')))\n");
}

// F-62, F-63.
TEST(Binder, KeepsTheSidesInPlace) {
  ExpectWhere(
      {"'x' = tags.name", "(and (= $0='x' v2.name) (never-false (v3 v4) (= $0='x' v4.name)))"});
  ExpectWhere(
      {"tags.name = labels:each",
       "(and (coalesce= v2.name v3.value) (never-false (v4 v5 v6) (coalesce= v5.name v6.value)))"});
}

// F-64.
TEST(Binder, TreatsTheOtherSideAsOrdinaryInTheAllValuesPart) {
  ExpectWhere({"tags.name = meta.x",
               "(and (is v2.name (json posts.meta $0='$.x'))"
               " (never-false (v3 v4) (coalesce= v4.name (json posts.meta $0='$.x'))))"});
  // The side with many values keeps its mode.
  ExpectWhere({"related.meta = title",
               "(and (is (json v2.meta $0='$') posts.title)"
               " (never-false (v3 v4) (is (json v4.meta $0='$') posts.title)))"});
}

// F-65: of the current combined row.
TEST(Binder, ComparesManyValuesWithTheCurrentRowsSingleOne) {
  ExpectWhere(
      {"tags.name = author.name",
       "(and (coalesce= v2.name v3.name) (never-false (v4 v5) (coalesce= v5.name v3.name)))"});
}

// F-59: a view's ids may repeat, so its row is read anew as well.
TEST(Binder, ReadsAViewsRowAnew) {
  EXPECT_EQ(DumpOf({.filter = "roles:each = 'x'", .collection = "people"}),
            "base people\n"
            "v1 elements .roles of people to-many (roles:each)\n"
            "v2 same-id people of people to-many bound (people)\n"
            "v3 elements .roles of v2 to-many bound (roles:each)\n"
            "where (and (= v1.value $0='x') (never-false (v2 v3) (= v3.value $0='x')))\n");
}

TEST(Binder, TakesARelationToAViewForManyRows) {
  EXPECT_EQ(DumpOf({.filter = "boss.name = 'x'", .collection = "people"}),
            "base people\n"
            "v1 relation people .boss of people to-many (boss)\n"
            "where (= v1.name $0='x')\n");
}

// ---- @collection (F-103, F-104) ----

TEST(Binder, SharesACollectionByNameOrAlias) {
  EXPECT_EQ(
      DumpOf({.filter = "@collection.tags.name ?= 'x' && @collection.TAGS.weight ?= 1 && "
                        "@collection.tags:a.name ?= 'y' && @collection.tags:b.name ?= 'z' && "
                        "@collection.c_tags:a.weight ?= 2"}),
      "base posts\n"
      "v1 collection tags of posts to-many (@collection.tags)\n"
      "v2 collection tags of posts to-many (@collection.tags:a)\n"
      "v3 collection tags of posts to-many (@collection.tags:b)\n"
      "where (and (= v1.name $0='x') (= v1.weight $1=1.0) (= v2.name $2='y') (= v3.name $3='z')"
      " (= v2.weight $4=2.0))\n");
}

TEST(Binder, LetsTheLaterCollectionOfAnAliasReplaceTheEarlier) {
  // Both have `name`: the filter means users throughout.
  EXPECT_EQ(DumpOf({.filter = "@collection.tags:a.name ?= 'x' && @collection.users:a.name ?= 'y'"}),
            "base posts\n"
            "v1 collection users of posts to-many (@collection.users:a)\n"
            "where (and (= v1.name $0='x') (= v1.name $1='y'))\n");
  const StatusOr<Plan> plan =
      BindTexts({.filter = "@collection.tags:a.weight ?= 1 && @collection.users:a.name ?= 'y'"});
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(MessageOf(plan.status()), HasSubstr("weight"));
}

TEST(Binder, TakesAnAliasForNoCollectionsName) {
  EXPECT_EQ(DumpOf({.filter = "@collection.tags.name ?= 'x' && @collection.tags:tags.name ?= 'y'"}),
            "base posts\n"
            "v1 collection tags of posts to-many (@collection.tags)\n"
            "v2 collection tags of posts to-many (@collection.tags:tags)\n"
            "where (and (= v1.name $0='x') (= v2.name $1='y'))\n");
}

TEST(Binder, NamesARelationThatLeadsNowhere) {
  std::vector<std::shared_ptr<Collection>> all = BlogCollections();
  for (auto& collection : all) {
    if (collection->name == "posts") collection->fields.push_back(RelationTo("lost", "gone"));
  }
  EXPECT_FALSE(BindTexts({.filter = "lost.id:lower = 1"}, *SchemaOf(all)).ok());
  EXPECT_TRUE(BindTexts({.filter = "lost = 1"}, *SchemaOf(all)).ok());
}

// ---- sorts (F-132 to F-135) ----

TEST(BinderSort, OrdersByColumnsPathsAndModifiers) {
  EXPECT_EQ(
      DumpOf({.sort = "-title,author.name,tags:length,title:lower,-meta.a,@random,-@rowid,meta"}),
      "base posts\n"
      "v1 relation users .author of posts to-one (author)\n"
      "where true\n"
      "order posts.title desc\n"
      "order v1.name\n"
      "order (length posts.tags)\n"
      "order (lower posts.title)\n"
      "order (json posts.meta $0='$.a') desc\n"
      "order @random\n"
      "order @rowid desc\n"
      "order (json posts.meta $1='$')\n");
}

TEST(BinderSort, RefusesWhatIsNoColumn) {
  for (std::string_view name :
       {"nope", "null", "true", "'x'", "1", "@now", "@day", "title asc", "@request.query.a",
        "@request.method", "@request.auth.id", "--title", "-+title", "strftime('%Y')",
        "author.nope", "@collection.tags", "@request.body.title:length"}) {
    std::string shown(name.substr(0, 2) == "--" || name.substr(0, 2) == "-+" ? name.substr(1)
                                                                             : name);
    EXPECT_EQ(WhereOf({.sort = name}), "invalid sort field \"" + shown + "\"") << name;
  }
}

TEST(BinderSort, RefusesHiddenFieldsInRestrictedMode) {
  EXPECT_EQ(WhereOf({.mode = kRestricted, .sort = "internal"}), R"(invalid sort field "internal")");
  EXPECT_EQ(WhereOf({.mode = kRestricted, .sort = "secret.key"}),
            R"(invalid sort field "secret.key")");
  EXPECT_EQ(WhereOf({.sort = "internal"}), "true");
}

// ---- one row, some rows (F-67) ----

TEST(Binder, PutsTheRowsIdInFront) {
  const std::string id = "abc";
  const std::vector<std::string> ids = {"a", "b\"c"};
  Query query;
  query.collection = BlogSchema().Find("posts");
  query.row_id = &id;
  query.ids = &ids;
  const StatusOr<Plan> plan = Bind(query, BlogSchema(), {});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(DumpCond(*plan, plan->condition),
            "(and (= posts.id $0='abc'{id}) (in posts.id $1='[\"a\",\"b\\\\\"c\"]'{ids}))");
}

// ---- a fixed list of names (F-124) ----

TEST(Binder, KnowsPlainNamesOnlyWhereTold) {
  const auto bind = [](std::string_view text) {
    const StatusOr<Ast> ast = ParseFilter(text);
    Query query;
    query.collection = BlogSchema().Find("posts");
    query.filter = &*ast;
    BindOptions options;
    options.plain_names_only = true;
    const StatusOr<Plan> plan = Bind(query, BlogSchema(), options);
    return plan.ok() ? DumpCond(*plan, plan->condition) : MessageOf(plan.status());
  };
  EXPECT_EQ(bind("title = 'x'"), "(= posts.title $0='x')");
  EXPECT_EQ(bind("meta.a.0 = 'x'"), "(is (json posts.meta $0='$.a[0]') $1='x')");
  EXPECT_EQ(bind("title = null"), "(is-empty posts.title NULL)");
  EXPECT_THAT(bind("created > @now"), HasSubstr("(> posts.created"));
  for (std::string_view name :
       {"author.name", "title:lower", "nope", "@request.query.a", "@collection.tags.id"}) {
    const std::string text(name);
    EXPECT_EQ(bind(text + " = 1"),
              "invalid left operand \"" + text + "\" - failed to resolve field \"" + text + "\"");
  }
}

// ---- prefixes that clients must not use (F-111) ----

TEST(MentionsRestrictedPrefix, LooksEverywhereAndForCollectionsFirst) {
  struct Case {
    std::string_view text, want;
  };
  const Case kCases[] = {
      {"title = '@request.'", "@request."},
      {"title = 1 // @collection.", "@collection."},
      {"@request.auth.id = 1 && @collection.x.y = 1", "@collection."},
      {"@request = 1", ""},
      {"@collections.x", ""},
      {"@Request.", ""},
      {"", ""},
  };
  for (const Case& test : kCases) {
    std::string which;
    EXPECT_EQ(MentionsRestrictedPrefix(test.text, &which), !test.want.empty()) << test.text;
    EXPECT_EQ(which, test.want) << test.text;
    EXPECT_EQ(MentionsRestrictedPrefix(test.text, nullptr), !test.want.empty());
  }
}

}  // namespace
}  // namespace sluice
