// The cost of a request is estimated before it runs: what multiplies is refused,
// what an index or an early end may make cheap is not.
#include <chrono>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "sluice/parser.h"
#include "tests/server/blog_folder.h"
#include "tools/server/http/api_error.h"
#include "tools/server/records/list.h"
#include "tools/server/records/plan_cache.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::records {
namespace {

using testing::HasSubstr;

constexpr double kPosts = 5'000;
constexpr double kCostMax = 1e11;
constexpr double kComments = 10'000;

// The blog with more posts and comments.
class PlanCostTest : public testing::Test {
 protected:
  PlanCostTest() {
    auto connection =
        store::Connection::Open(folder_.path() + "/data.db", {.access = store::Access::kWrite});
    EXPECT_TRUE(connection.ok());
    connection_ = *std::move(connection);
    Execute("DELETE FROM posts WHERE id NOT LIKE 'post0%'");
    Execute("DELETE FROM comments");
    Execute(Numbers(kPosts - Count("posts")) +
            "INSERT INTO posts (id, title, slug, author) SELECT printf('more%011d', n), "
            "printf('title of the post %d, for one', n), printf('slug-of-%d', n), "
            "printf('user%011d', n % 12) FROM numbers");
    Execute(Numbers(kComments) +
            "INSERT INTO comments (id, text, post, author) SELECT printf('comm%011d', n), 'so', "
            "printf('more%011d', n / 2), '' FROM numbers");
    Load();
    // Whatever is not refused is not to run for ever.
    SetPatience(std::chrono::seconds(60));
  }

  static std::string Numbers(double count) {
    return "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT " +
           std::to_string(static_cast<std::int64_t>(count)) + ") ";
  }
  void Execute(const std::string& text) {
    const Status status = connection_->Execute(text);
    ASSERT_TRUE(status.ok()) << status;
  }
  double Count(const std::string& table) {
    const auto statement = connection_->Prepare("SELECT count(*) FROM " + table);
    const store::StatementUse use(*statement);
    EXPECT_TRUE(use->Step().ok());
    return static_cast<double>(use->Column(0).integer);
  }
  void Load(double cost_max = 0) {
    auto snapshot = store::LoadSnapshot(*connection_, nullptr, {.cost_max = cost_max});
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    snapshot_ = *std::move(snapshot);
  }
  void SetPatience(std::chrono::milliseconds patience) {
    connection_->SetLimits(nullptr, std::chrono::steady_clock::now() + patience);
  }
  const Collection& Find(std::string_view name) const { return *snapshot_->schema->Find(name); }
  Caller caller() { return {*snapshot_, *connection_, request_, superuser_}; }

  store::TableSizes Sizes(std::string_view name) {
    return store::EstimateTable(*connection_, Find(name));
  }
  PlanCost Cost(std::string_view filter, std::string_view sort = "") {
    const StatusOr<BoundPlan> plan = PlanFor(
        caller(),
        {.collection = &Find("posts"), .filter = filter, .sort = sort, .mode = BindMode::kOpen});
    EXPECT_TRUE(plan.ok()) << filter << ": " << plan.status();
    return plan.ok() ? plan->kept->CostFor(caller()) : PlanCost();
  }
  StatusOr<std::string> List(ListParams params) {
    return ListRecords(caller(), Find("posts"), params);
  }

  static void ExpectRefused(const StatusOr<std::string>& answer) {
    ASSERT_FALSE(answer.ok());
    EXPECT_TRUE(IsAnswerLimit(answer.status())) << answer.status();
    const http::Response response = http::ErrorResponse(answer.status());
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(response.body, HasSubstr("more often than the"));
  }

  BlogFolder folder_;
  std::unique_ptr<store::Connection> connection_;
  std::shared_ptr<const store::Snapshot> snapshot_;
  RequestContext request_;
  bool superuser_ = true;
};

// Three tables whose rows all have to be combined, and nothing that could end it.
constexpr std::string_view kCrossing =
    "@collection.posts:a.title !~ @collection.posts:b.slug && "
    "@collection.posts:b.title !~ @collection.posts:c.slug && "
    "@collection.posts:c.title ~ @collection.posts:a.slug";

TEST_F(PlanCostTest, SizesOfTables) {
  const store::TableSizes posts = Sizes("posts");
  EXPECT_EQ(posts.rows, kPosts);
  EXPECT_NEAR(posts.bytes.find("title")->second, 30, 6);
  EXPECT_EQ(Sizes("comments").rows, kComments);
  EXPECT_EQ(Sizes("profiles").rows, std::max(1.0, Count("profiles")));
  EXPECT_EQ(Sizes("post_stats").rows, 1) << "a view";
}

TEST_F(PlanCostTest, RowsThatAreGoneDoNotCount) {
  Execute("DELETE FROM comments WHERE _rowid_ % 2 = 0");
  EXPECT_NEAR(Sizes("comments").rows, kComments / 2, kComments / 5);
  Execute("DELETE FROM comments WHERE _rowid_ < 7500");
  EXPECT_NEAR(Sizes("comments").rows, kComments / 8, kComments / 20);
  Execute(
      "UPDATE comments SET _rowid_ = 1000000000000 WHERE _rowid_ = (SELECT max(_rowid_) FROM "
      "comments)");
  EXPECT_LE(Sizes("comments").rows, kComments / 8 + 1);
  Execute("DELETE FROM comments");
  EXPECT_EQ(Sizes("comments").rows, 1);
  Execute("DROP TABLE comments");
  EXPECT_EQ(Sizes("comments").rows, 1);
}

TEST_F(PlanCostTest, StatisticsTellWhatSharesAValue) {
  EXPECT_EQ(Sizes("comments").rows_per_value.count("post"), 0u);
  Execute("ANALYZE");
  EXPECT_NEAR(Sizes("comments").rows_per_value.find("post")->second, 2, 1);
}

// Looks for each row of a table that is met once.
TEST_F(PlanCostTest, WhatIsLookedAtOnceIsCheap) {
  const struct {
    std::string_view filter;
    double looks_max;
  } kCases[] = {
      {"", 2 * kPosts},
      {"title ~ 'a'", 3 * kPosts},
      {"title ~ 'a' && views > 3 || slug != 'b'", 5 * kPosts},
      {"author.name = 'x'", 5 * kPosts},
      {"comments_via_post.text ?~ 'a'", 12 * kPosts},
      {"comments_via_post.text != 'a'", 20 * kPosts},
      {"comments_via_post.author.posts_via_author.title ?~ 'a'", 1e9},
      // Not tied to the row: SQLite looks once.
      {"@collection.posts.title ?~ 'a'", 6 * kPosts},
      {"@collection.posts.title ?~ 'a' && @collection.comments.text ?~ 'b'", 12 * kPosts},
      // By indexes, or by those that SQLite makes.
      {"@collection.posts.id ?= author && @collection.posts.slug ?= 'x'", 9 * kPosts},
  };
  for (const auto& [filter, looks_max] : kCases)
    EXPECT_LE(Cost(filter).For(-1), looks_max) << filter;
}

TEST_F(PlanCostTest, WhatMultipliesIsDear) {
  EXPECT_GE(Cost("title ?~ @collection.posts.slug").For(-1), kPosts * kPosts);
  EXPECT_GE(Cost("views < @collection.comments.likes:length").For(-1), kPosts * kComments);
  EXPECT_GE(Cost(kCrossing).For(-1), kPosts * kPosts * kPosts);
  // Whatever the sort reads stays joined: each of these lists with each other.
  EXPECT_GE(Cost("@collection.comments:a.text ?!= @collection.comments:b.text",
                 "@collection.comments:a.text,@collection.comments:b.text")
                .For(-1),
            kPosts * kComments * kComments);
}

TEST_F(PlanCostTest, APageWithoutItsTotalCostsItsRows) {
  const PlanCost cost = Cost("title ?~ @collection.posts.slug");
  EXPECT_LE(cost.For(30), 31 * 3 * kPosts);
  EXPECT_GE(cost.For(-1), kPosts * kPosts);
  // In an order that has to be made first.
  EXPECT_GE(Cost("title ?~ @collection.posts.slug", "@random").For(30), kPosts * kPosts);
}

TEST_F(PlanCostTest, ListsAreRefusedBeforeTheyRun) {
  Load(kCostMax);
  ExpectRefused(List({.filter = kCrossing}));
  EXPECT_TRUE(List({.filter = "author.name ~ 'a' && comments_via_post.text ?~ 's'"}).ok());
  // With the limit off it is run until its time is over.
  Load(0);
  SetPatience(std::chrono::milliseconds(50));
  const StatusOr<std::string> stopped = List({.filter = kCrossing});
  EXPECT_TRUE(connection_->gave_up());
  ASSERT_FALSE(stopped.ok());
  EXPECT_FALSE(IsAnswerLimit(stopped.status()));
}

TEST_F(PlanCostTest, SuperusersAreToldToo) {
  Load(kCostMax);
  superuser_ = false;
  EXPECT_FALSE(IsAnswerLimit(List({.filter = kCrossing}).status())) << "not theirs to ask";
  superuser_ = true;
  ExpectRefused(List({.filter = kCrossing}));
}

TEST_F(PlanCostTest, RulesOfViewsAndExpandsCount) {
  Execute("UPDATE _collections SET viewRule = '" + std::string(kCrossing) +
          "' WHERE name IN ('posts', 'users')");
  Load(kCostMax);
  superuser_ = false;
  ExpectRefused(ViewRecord(caller(), Find("posts"), "post00000000001", {}));
  ExpectRefused(List({.filter = "id = 'post00000000001'", .expand = "author"}));
  EXPECT_TRUE(List({.filter = "id = 'post00000000001'"}).ok());
}

// A kept plan learns within ten minutes that a table has grown.
TEST_F(PlanCostTest, SizesAreLookedUpAgain) {
  request_.now = 1'000'000;
  const double before = Cost("views > 3").For(-1);
  Execute("DELETE FROM posts WHERE id LIKE 'more%'");
  EXPECT_EQ(Cost("views > 4").For(-1), before);
  request_.now += 11 * 60 * 1000;
  EXPECT_LT(Cost("views > 5").For(-1), before / 10);
}

// Plans and statements are kept with the statistics that they were made by.
TEST_F(PlanCostTest, NewStatisticsMakeNewStatements) {
  Execute("CREATE INDEX by_text ON comments (text)");
  Execute(
      "UPDATE _collections SET indexes = json_insert(indexes, '$[#]', 'CREATE INDEX by_text ON "
      "comments (text)') WHERE name = 'comments'");
  Load();
  const auto page = [this] {
    SelectOptions options;
    options.columns = {"id"};
    options.limit = true;
    const StatusOr<BoundPlan> plan = PlanFor(caller(), {.collection = &Find("posts"),
                                                        .filter = "comments_via_post.text ?= 'so'",
                                                        .mode = BindMode::kOpen});
    EXPECT_TRUE(plan.ok()) << plan.status();
    return std::pair(plan->kept->Rows(options).sql.text, plan->kept->Count().sql.text);
  };
  const auto by_rule = page();
  EXPECT_THAT(by_rule.first, HasSubstr("IN (SELECT"));
  Execute("ANALYZE");
  EXPECT_EQ(page(), by_rule) << "the snapshot is still the old one";
  Load();
  const auto by_statistics = page();
  EXPECT_THAT(by_statistics.first, HasSubstr("EXISTS"));
  EXPECT_EQ(by_statistics.second, by_rule.second);
  Execute("DELETE FROM sqlite_stat1");
  Load();
  EXPECT_EQ(page(), by_rule);
}

// What a client gets does not hang on it.
TEST_F(PlanCostTest, AnswersAreTheSameWithAndWithoutStatistics) {
  Execute("CREATE INDEX by_text ON comments (text)");
  Execute(
      "UPDATE _collections SET indexes = json_insert(indexes, '$[#]', 'CREATE INDEX by_text ON "
      "comments (text)') WHERE name = 'comments'");
  const auto answers = [this] {
    Load();
    std::vector<std::string> bodies;
    for (const char* page : {"1", "2", "40", "160", "9223372036854775807"}) {
      for (const char* sort : {"", "-created", "id", "title"}) {
        const auto body =
            List({.filter = "comments_via_post.text ?= 'so'", .sort = sort, .page = page});
        EXPECT_TRUE(body.ok()) << body.status();
        bodies.push_back(body.value_or(""));
      }
    }
    return bodies;
  };
  const std::vector<std::string> by_rule = answers();
  EXPECT_THAT(by_rule.front(), HasSubstr("\"totalItems\":"));
  Execute("ANALYZE");
  EXPECT_EQ(answers(), by_rule);
}

}  // namespace
}  // namespace sluice::records
