// What rules can come to: constants, guests, the values that fields may have,
// and what the client sends.
#include "sluice/rule_analysis.h"

#include "gtest/gtest.h"

#include "tests/engine/blog_schema.h"

namespace sluice {
namespace {

// The blog with options where they decide.
const Schema& Blog() {
  static const std::shared_ptr<const Schema> kSchema = [] {
    auto all = BlogCollections();
    for (auto& collection : all) {
      for (Field& field : collection->fields) {
        if (field.name == "status") field.options_json = R"({"values":["draft","published"]})";
        if (field.name == "author" && collection->name == "posts")
          field.options_json = R"({"required":true})";
      }
    }
    return SchemaOf(all);
  }();
  return *kSchema;
}

StatusOr<RuleVerdict> Analyze(std::string_view rule, std::string_view collection, bool user,
                              bool create = false) {
  const StatusOr<Ast> ast = ParseFilter(rule, RuleLimits());
  if (!ast.ok()) return ast.status();
  AuthRecord auth{Blog().Find("users"), "me", "me@x.io", false, false};
  RuleQuestion question;
  question.collection = Blog().Find(collection);
  question.rule = &*ast;
  if (user) question.auth = &auth;
  question.virtual_row = create;
  return AnalyzeRule(question, Blog());
}

std::string Word(const StatusOr<RuleVerdict>& verdict) {
  if (!verdict.ok()) return std::string(AsStd(verdict.status().message()));
  std::string word = !verdict->can_hold ? "never" : verdict->can_fail ? "some" : "all";
  if (verdict->request_decides) word += " by request";
  return word;
}

struct Case {
  const char* rule;
  const char* collection;
  const char* guest;
  const char* user;
};

TEST(RuleAnalysisTest, WhoPasses) {
  const Case table[] = {
      // Constants and identities.
      {"1 = 1", "posts", "all", "all"},
      {"1 = 2", "posts", "never", "never"},
      {"id = id", "posts", "all", "all"},
      {"id != ''", "posts", "all", "all"},
      {"title = 'a' || title != 'a'", "posts", "all", "all"},
      {"title = 'a' && title = 'b'", "posts", "never", "never"},
      {"views > 3 && views < 2", "posts", "never", "never"},
      {"views > 3 && views < 4", "posts", "some", "some"},
      {"pinned = true || pinned = false", "posts", "all", "all"},
      {"pinned = 2", "posts", "never", "never"},
      {"title = 10", "posts", "some", "some"},  // '10.0' is a title, too
      {"status = 'archived'", "posts", "never", "never"},
      {"status = 'draft'", "posts", "some", "some"},
      {"status != 'archived'", "posts", "all", "all"},
      {"title ~ 'a' && meta.x = 1", "posts", "some", "some"},
      // The caller.
      {"@request.auth.id != ''", "posts", "never", "all"},
      {"@request.auth.id = ''", "posts", "all", "never"},
      {"author = @request.auth.id", "posts", "never", "some"},
      {"owner = @request.auth.id", "orgs", "some", "some"},  // the owner may be empty
      {"author != @request.auth.id", "posts", "all", "some"},
      {"org = @request.auth.id", "posts", "some", "never"},  // of another collection
      {"org != '' && org = @request.auth.id", "posts", "never", "never"},
      {"id = @request.auth.id", "users", "never", "some"},
      {"id = @request.auth.id", "posts", "never", "never"},
      {"@request.auth.collectionName = 'users'", "posts", "never", "all"},
      {"@request.auth.collectionName = 'staff'", "posts", "never", "never"},
      {"@request.auth.verified = true", "posts", "never", "some"},
      {"@request.auth.name = 'root'", "posts", "never", "some"},
      {"@request.auth.manager = manager", "users", "some", "some"},
      // Related rows may be missing.
      {"org.owner = @request.auth.id", "posts", "some", "some"},
      {"author.name != ''", "posts", "some", "some"},
      {"org.members.id ?= @request.auth.id", "posts", "some", "some"},
      {"@collection.follows.follower ?= @request.auth.id", "posts", "some", "some"},
      {"tags.name = 'a'", "posts", "some", "some"},
      // Elements of lists, their number, texts in lower case.
      {"labels:each ?= 'a'", "posts", "some", "some"},
      {"tags:each ?= 'x' && tags:length = 0", "posts", "some", "some"},
      {"labels:length > 1 && labels:length < 1", "posts", "never", "never"},
      {"related:length >= 0", "posts", "some", "some"},
      {"title:lower = 'A'", "posts", "never", "never"},
      {"title:lower = 'a' || title:lower != 'a'", "posts", "all", "all"},
      {"views = '3' || views != '3'", "posts", "all", "all"},
      // What is sent.
      {"@request.query.key = 'x'", "posts", "some by request", "some by request"},
      {"@request.headers.x_key = title", "posts", "some", "some"},
      {"@request.body.author = @request.auth.id", "posts", "some by request", "some by request"},
      {"@request.body.author:isset = false", "posts", "some by request", "some by request"},
      {"author = @request.auth.id && @request.body.author:isset = false", "posts", "never", "some"},
      {"@request.auth.id != '' && @request.query.force = 'yes'", "posts", "never",
       "some by request"},
      {"@request.context = 'default'", "posts", "all", "all"},
  };
  for (const Case& c : table) {
    EXPECT_EQ(Word(Analyze(c.rule, c.collection, false)), c.guest) << "guest: " << c.rule;
    EXPECT_EQ(Word(Analyze(c.rule, c.collection, true)), c.user) << "user: " << c.rule;
  }
}

TEST(RuleAnalysisTest, NewRecordsAreWhatIsSent) {
  EXPECT_EQ(
      Word(Analyze("@request.body.status:isset = false && status = 'draft'", "posts", true, true)),
      "never");
  EXPECT_EQ(Word(Analyze("verified = true", "users", false, true)), "never");
}

TEST(RuleAnalysisTest, WhichComparisonDecides) {
  const StatusOr<RuleVerdict> verdict =
      Analyze("pinned = true && author != @request.auth.id", "posts", false);
  ASSERT_TRUE(verdict.ok());
  ASSERT_EQ(verdict->comparisons.size(), 2u);
  EXPECT_EQ(verdict->comparisons[0].span.begin, 0u);
  EXPECT_TRUE(verdict->comparisons[0].decides);
  EXPECT_TRUE(verdict->comparisons[1].decides);
  EXPECT_FALSE(verdict->comparisons[1].can_fail);
}

TEST(RuleAnalysisTest, LargeModelsErrOnTheSafeSide) {
  std::string rule = "views = 0";
  for (int i = 1; i < 40; ++i) rule += " || views = " + std::to_string(i * 10);
  for (const char* field : {"title", "slug", "author.name", "org.name"})
    rule += " || " + std::string(field) + " = 'a' || " + field + " = 'b'";
  const StatusOr<RuleVerdict> verdict = Analyze(rule, "posts", true);
  ASSERT_TRUE(verdict.ok());
  EXPECT_FALSE(verdict->exact);
  EXPECT_TRUE(verdict->can_hold);
  EXPECT_TRUE(verdict->can_fail);
}

TEST(RuleAnalysisTest, NamesAndMistakes) {
  const StatusOr<Ast> ast = ParseFilter("b = @request.auth.id && a.c != 'x'");
  std::string names;
  for (const RuleName& name : NamesOf(*ast)) names += std::string(name.text) + " ";
  EXPECT_EQ(names, "b @request.auth.id a.c ");
  EXPECT_FALSE(Analyze("nothing = 1", "posts", false).ok());
}

}  // namespace
}  // namespace sluice
