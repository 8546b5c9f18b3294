// IN or EXISTS: what is chosen by which statistics, and how that is explained.
// That the rows and their order are the same is exists_choice_run_test.cc's.
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/sqlgen/exists_blog.h"

namespace sluice {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kList[] = " v0.\"id\" IN (SELECT";
constexpr char kTested[] = "+v0.\"id\" IN (SELECT";
constexpr char kProbes[] = "EXISTS (SELECT 1 FROM \"comments\"";

Statistics Measured() { return ExistsBlog::Statistics(100'000, 500'000, 125'000, 50); }

class ExistsChoiceTest : public testing::Test {
 protected:
  std::string Page(std::string_view filter, std::string_view sort = "") {
    return blog_.Rows(blog_.PlanOf(filter, sort), &statistics_).text;
  }
  std::string Count(std::string_view filter) {
    return SelectCount(blog_.PlanOf(filter), Sqlite(), Lowering::kRewritten, &statistics_).text;
  }
  std::string WhyPage(std::string_view filter, std::string_view sort = "") {
    return Only(ExplainRows(blog_.PlanOf(filter, sort), blog_.Options(&statistics_)));
  }
  static std::string Only(const std::vector<ExistsChoice>& choices) {
    return choices.size() == 1 ? choices[0].path + ": " + choices[0].why
                               : std::to_string(choices.size()) + " choices";
  }

  ExistsBlog blog_;
  Statistics statistics_ = Measured();
};

TEST_F(ExistsChoiceTest, ManyMatchesAreMetByTheFirstLooks) {
  const std::string page = Page("comments_via_post.kind ?= 'common'");
  EXPECT_THAT(page, HasSubstr(kProbes));
  EXPECT_THAT(page, HasSubstr(" AND likely(v1.\"kind\"=?1))"))
      << "or SQLite might look by kind, for each post";
  EXPECT_THAT(page, HasSubstr(" ORDER BY v0.\"id\" LIMIT")) << "the order that a list gives";
  EXPECT_THAT(Page("comments_via_post.kind ?= 'common'", "-created"),
              HasSubstr(" ORDER BY v0.\"created\" DESC,v0.\"id\" LIMIT"));
  EXPECT_THAT(Page("comments_via_post.kind ?= 'common'", "-id"),
              HasSubstr(" ORDER BY v0.\"id\" DESC LIMIT"));
  EXPECT_THAT(Page("comments_via_post.kind ?= 'common'", "@rowid"), HasSubstr(kProbes));
}

TEST_F(ExistsChoiceTest, FewMatchesAreListed) {
  for (const char* sort : {"", "-created", "-id", "title", "@random", "author.name"}) {
    const std::string page = Page("comments_via_post.author ?= 'u1'", sort);
    EXPECT_THAT(page, HasSubstr(kList)) << sort;
    EXPECT_THAT(page, Not(HasSubstr(",v0.\"id\" LIMIT"))) << sort;
    EXPECT_THAT(page, Not(HasSubstr("likely"))) << sort;
  }
}

TEST_F(ExistsChoiceTest, WhereAllMatchesAreLookedAtTheyAreListed) {
  EXPECT_THAT(Count("comments_via_post.kind ?= 'common'"), HasSubstr(kList));
  for (const char* sort : {"title", "@random", "author.name", "views"})
    EXPECT_THAT(Page("comments_via_post.kind ?= 'common'", sort), HasSubstr(kList)) << sort;
  SelectOptions all = blog_.Options(&statistics_);
  all.limit = false;
  EXPECT_THAT(SelectRows(blog_.PlanOf("comments_via_post.kind ?= 'common'"), Sqlite(), all).text,
              HasSubstr(kList));
}

// r above some sqrt(5 L N): the rule stands until the other is four times better.
TEST_F(ExistsChoiceTest, TheTurningPoint) {
  const auto page = [this](double per_value) {
    statistics_ = ExistsBlog::Statistics(100'000, 500'000, per_value, 50);
    return Page("comments_via_post.kind ?= 'x'");
  };
  for (double per_value : {1, 50, 1'000, 4'000, 7'000}) {
    EXPECT_THAT(page(per_value), HasSubstr(kList)) << per_value;
  }
  for (double per_value : {9'000, 20'000, 500'000}) {
    EXPECT_THAT(page(per_value), HasSubstr(kProbes)) << per_value;
  }
}

// The page's rows may be far apart when more is asked of them, and a later page
// begins behind many.
TEST_F(ExistsChoiceTest, OtherConditionsMakeMatchesRare) {
  statistics_ = ExistsBlog::Statistics(100'000, 500'000, 12'000, 50);
  EXPECT_THAT(Page("comments_via_post.kind ?= 'x'"), HasSubstr(kProbes));
  EXPECT_THAT(Page("comments_via_post.kind ?= 'x' && title ~ 'a'"), HasSubstr(kList));
  EXPECT_THAT(Page("comments_via_post.kind ?= 'x' && comments_via_post.text ?= 'a'"),
              HasSubstr(kList));
  SelectOptions later = blog_.Options(&statistics_);
  later.offset = true;
  later.rows_asked = 300;
  EXPECT_THAT(SelectRows(blog_.PlanOf("comments_via_post.kind ?= 'x'"), Sqlite(), later).text,
              HasSubstr(kList));
  // Even where most match, whoever reads to the end is better off with a list.
  const Plan plan = blog_.PlanOf("comments_via_post.kind ?= 'x'");
  statistics_ = Measured();
  for (const double rows : {30.0, 1'000.0, -1.0}) {
    later.rows_asked = rows;
    EXPECT_THAT(SelectRows(plan, Sqlite(), later).text, HasSubstr(rows > 0 ? kProbes : kList))
        << rows;
  }
}

TEST_F(ExistsChoiceTest, TheIndexThatTellsMostCounts) {
  EXPECT_THAT(Page("comments_via_post.kind ?= 'common' && comments_via_post.author ?= 'u1'"),
              HasSubstr(kList));
  blog_.comments->indexes.push_back(
      *ParseIndex("CREATE INDEX ckp ON comments (kind, post, author)"));
  statistics_.Add("comments", "ckp", "500000 125000 3 1");
  EXPECT_THAT(WhyPage("comments_via_post.kind ?= 'common'"),
              HasSubstr("1500 for looks (30 of 100000 rows of posts)"))
      << "the index leads to the post, too";
}

TEST_F(ExistsChoiceTest, ManyRowsBehindAnIndexAreLookedUpInAList) {
  statistics_.Add("posts", "ps", "100000 50000");
  for (const char* sort : {"", "title"}) {
    EXPECT_THAT(Page("status = 'a' && comments_via_post.author ?= 'u1'", sort), HasSubstr(kTested))
        << sort;
    EXPECT_THAT(Page("status = 'a' && comments_via_post.kind ?= 'common'", sort),
                HasSubstr(kProbes))
        << sort;
  }
  EXPECT_THAT(Page("status = 'a' && comments_via_post.author ?= 'u1'", "created"),
              HasSubstr(kProbes))
      << "the order of an index could be another";
  EXPECT_THAT(Count("status = 'a' && comments_via_post.author ?= 'u1'"), HasSubstr(kList))
      << "nobody sees where a count starts";
  statistics_.Add("posts", "ps", "100000 5");
  EXPECT_THAT(Count("status = 'a' && comments_via_post.author ?= 'u1'"), HasSubstr(kProbes));
  EXPECT_THAT(Count("id = 'p1' && comments_via_post.author ?= 'u1'"), HasSubstr(kProbes));
}

TEST_F(ExistsChoiceTest, NoLooksThatWouldReadTheTable) {
  blog_.comments->indexes.erase(blog_.comments->indexes.begin());  // of post
  EXPECT_THAT(Page("comments_via_post.text ?~ 'a'"), HasSubstr(kTested));
  EXPECT_THAT(Page("comments_via_post.text ?~ 'a'", "-created"), HasSubstr(kProbes))
      << "the order of an index could be another";
  EXPECT_THAT(Page("comments_via_post.text ?~ 'a'", "title"), HasSubstr(kTested));
  EXPECT_THAT(Page("comments_via_post.text ?~ 'a' && id = 'p1'"), HasSubstr(kProbes));
  EXPECT_THAT(WhyPage("comments_via_post.text ?~ 'a'"),
              HasSubstr("no index of comments begins with post"));
  const Statistics none;
  statistics_ = none;
  EXPECT_THAT(Page("comments_via_post.text ?~ 'a'"), HasSubstr(kProbes))
      << "SQLite makes an index where that pays";
  EXPECT_THAT(Page("status = 'a' && comments_via_post.text ?= 'a'"), HasSubstr(kTested));
}

// Where the rule starts from the list, the order of the answer is that of the ids;
// where SQLite may start elsewhere, nobody knows, and nothing is changed.
TEST_F(ExistsChoiceTest, TheOrderDecidesWhereItIsSeen) {
  const std::string filter = "comments_via_post.kind ?= 'common'";
  for (const char* more : {" && status > 'a'", " && (status = 'a' || title = 'b')",
                           " && author.name = 'x'", " && id != 'x'", " && created < '2026'"}) {
    EXPECT_THAT(Page(filter + more), HasSubstr(kList)) << more;
    EXPECT_THAT(Page(filter + more), Not(HasSubstr("ORDER BY"))) << more;
  }
  EXPECT_THAT(Page(filter + " || title = 'b'"), HasSubstr("v0.\"id\" IN (SELECT"));
  EXPECT_THAT(Page(filter + " || title = 'b'", "id"), HasSubstr(kProbes));
  EXPECT_THAT(WhyPage(filter + " && status > 'a'"), HasSubstr("would change the order"));
  statistics_ = ExistsBlog::Statistics(900, 500'000, 400'000, 50);
  EXPECT_THAT(Page(filter), HasSubstr(kList)) << "a list counts as 25 rows: SQLite may scan";
  EXPECT_THAT(Page(filter, "id"), HasSubstr(kProbes));
  blog_.posts->indexes.push_back(*ParseIndex("CREATE INDEX pl ON posts (lower(title))"));
  statistics_ = Measured();
  EXPECT_THAT(Page(filter + " && title:lower = 'x'"), HasSubstr(kList));
}

// All rows that tie are met before the first of them is answered.
TEST_F(ExistsChoiceTest, AnOrderOfManyTiesIsNoOrder) {
  EXPECT_THAT(Page("comments_via_post.kind ?= 'common'", "created"), HasSubstr(kProbes));
  statistics_.Add("posts", "pc", "100000 90000");
  EXPECT_THAT(Page("comments_via_post.kind ?= 'common'", "created"), HasSubstr(kList));
  Statistics without = ExistsBlog::Statistics(100'000, 500'000, 125'000, 50, false);
  statistics_ = without;
  EXPECT_THAT(Page("comments_via_post.kind ?= 'common'", "created"), HasSubstr(kList))
      << "not known";
  EXPECT_THAT(Page("comments_via_post.kind ?= 'common'", "created,id"), HasSubstr(kProbes));
}

TEST_F(ExistsChoiceTest, OtherDatabasesChooseThemselves) {
  const SqlStatement with = SelectRows(blog_.PlanOf("comments_via_post.kind ?= 'common'"),
                                       Postgres(), blog_.Options(&statistics_));
  EXPECT_EQ(with.text, SelectRows(blog_.PlanOf("comments_via_post.kind ?= 'common'"), Postgres(),
                                  blog_.Options(nullptr))
                           .text);
}

TEST_F(ExistsChoiceTest, WithoutStatisticsOfBothTablesTheRuleStands) {
  const std::string filter = "comments_via_post.kind ?= 'common'";
  const std::string by_rule = blog_.Rows(blog_.PlanOf(filter), nullptr).text;
  EXPECT_THAT(by_rule, HasSubstr(kList));
  const Statistics none;
  EXPECT_EQ(blog_.Rows(blog_.PlanOf(filter), &none).text, by_rule);
  for (const char* table : {"posts", "comments", "dropped"}) {
    statistics_ = none;
    statistics_.Add(table, table == std::string_view("posts") ? "pc" : "ck", "500000 125000");
    EXPECT_EQ(Page(filter), by_rule) << table;
    EXPECT_THAT(WhyPage(filter), HasSubstr("no statistics: by rule")) << table;
  }
  // Of an index that is gone, or of one that the collection does not know.
  statistics_.Add("posts", "pc", "100000 4");
  statistics_.Add("comments", "gone", "500000 125000");
  EXPECT_EQ(Page(filter), by_rule);
}

TEST_F(ExistsChoiceTest, AnIndexInAnotherCollationTellsNothing) {
  blog_.comments->indexes[1] = *ParseIndex("CREATE INDEX ck ON comments (kind COLLATE NOCASE)");
  EXPECT_THAT(WhyPage("comments_via_post.kind ?= 'common'"),
              HasSubstr("by reading all 500000 rows of comments"));
  blog_.comments->indexes[1] = *ParseIndex("CREATE INDEX ck ON comments (kind) WHERE text = ''");
  EXPECT_THAT(WhyPage("comments_via_post.kind ?= 'common'"),
              HasSubstr("by reading all 500000 rows of comments"));
}

TEST_F(ExistsChoiceTest, WhatIsQuickByRuleStaysSo) {
  statistics_ = ExistsBlog::Statistics(2'000, 5'000, 3'000, 3'000);
  EXPECT_THAT(Page("comments_via_post.kind ?= 'common'"), HasSubstr(kList));
  EXPECT_THAT(WhyPage("comments_via_post.kind ?= 'common'"), HasSubstr("not much better"));
}

TEST_F(ExistsChoiceTest, ViewsHaveNoChoice) {
  blog_.comments->type = CollectionType::kView;
  EXPECT_THAT(
      ExplainRows(blog_.PlanOf("comments_via_post.kind ?= 'common'"), blog_.Options(&statistics_)),
      IsEmpty());
  EXPECT_THAT(Page("comments_via_post.kind ?= 'common'"), HasSubstr(kProbes));
}

TEST_F(ExistsChoiceTest, NumbersAtTheEdgeDoNoHarm) {
  for (const auto& [posts, comments, kind] :
       {std::tuple{1.0, 1.0, 1.0}, std::tuple{9e15, 9e15, 9e15}, std::tuple{9e15, 1.0, 1.0},
        std::tuple{1.0, 9e15, 9e15}, std::tuple{1.0, 9e15, 1.0}}) {
    statistics_ = ExistsBlog::Statistics(posts, comments, kind, 1);
    for (const char* sort : {"", "id", "created", "title"}) {
      EXPECT_FALSE(Page("comments_via_post.kind ?= 'x' && status = 'a'", sort).empty());
      EXPECT_THAT(WhyPage("comments_via_post.kind ?= 'x'", sort), HasSubstr("steps for a list"));
    }
  }
}

TEST_F(ExistsChoiceTest, ReasonsAreInWords) {
  EXPECT_EQ(WhyPage("comments_via_post.kind ?= 'common'"),
            "comments_via_post: a look for each row; by statistics: 1.9e+06 steps for a list "
            "(125000 of 500000 rows of comments), 2400 for looks (30 of 100000 rows of posts)");
  EXPECT_EQ(WhyPage("comments_via_post.author ?= 'u1'"),
            "comments_via_post: a list; by statistics: 1060 steps for a list (50 of 500000 rows "
            "of comments), 4.8e+06 for looks (60000 of 100000 rows of posts)");
  EXPECT_EQ(WhyPage("comments_via_post.text ?= 'x'"),
            "comments_via_post: a list; by statistics: 500000 steps for a list (by reading all "
            "500000 rows of comments), 8.0e+06 for looks (100000 of 100000 rows of posts)");
  EXPECT_EQ(WhyPage("comments_via_post.text ?~ 'x'"),
            "comments_via_post: a look for each row; by rule: nothing is equated, so how many "
            "rows match is not known");
  EXPECT_EQ(WhyPage("id = 'p1' && comments_via_post.kind ?= 'x'"),
            "comments_via_post: a look for each row; by rule: there is one");
  EXPECT_EQ(WhyPage("title = 'a'"), "0 choices");
}

}  // namespace
}  // namespace sluice
