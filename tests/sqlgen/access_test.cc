// Which spelling SQLite gets by what indexes there are. That each gives the same
// rows is for tests/oracle to show.
#include "gtest/gtest.h"

#include "sluice/binder.h"
#include "sluice/parser.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"
#include "tests/sqlgen/tables.h"

namespace sluice {
namespace {

Field List(Field field) {
  field.max_select = 5;
  return field;
}

struct Blog {
  std::shared_ptr<Collection> users = MakeTable("users", {MakeColumn("name", FieldType::kText)});
  std::shared_ptr<Collection> posts = MakeTable(
      "posts",
      {MakeColumn("title", FieldType::kText), MakeColumn("status", FieldType::kText),
       MakeColumn("author", FieldType::kRelation, "users"), MakeColumn("created", FieldType::kDate),
       List(MakeColumn("readers", FieldType::kRelation, "users"))});
  std::shared_ptr<Collection> comments =
      MakeTable("comments", {MakeColumn("post", FieldType::kRelation, "posts"),
                             MakeColumn("author", FieldType::kRelation, "users"),
                             MakeColumn("text", FieldType::kText)});

  Blog() {
    comments->indexes.push_back(*ParseIndex("CREATE INDEX i ON comments (post)"));
    posts->indexes.push_back(*ParseIndex("CREATE INDEX j ON posts (author)"));
  }

  std::string Sql(std::string_view filter, std::string_view sort = "", bool count = false) const {
    const Schema schema({users, posts, comments});
    const StatusOr<Ast> ast = ParseFilter(filter);
    const StatusOr<SortList> keys = ParseSort(sort);
    Query query;
    query.collection = schema.Find("posts");
    query.filter = &*ast;
    if (!keys->keys.empty()) query.sort = &*keys;
    const StatusOr<Plan> plan = Bind(query, schema, {});
    if (!plan.ok()) return plan.status().ToString();
    SelectOptions options;
    options.columns = {"id", "title"};
    options.limit = true;
    const Plan simple = Simplify(*plan);
    return count ? SelectCount(simple, Sqlite()).text : SelectRows(simple, Sqlite(), options).text;
  }
};

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Access, AFewRowsElsewhereAreListedManyAreProbed) {
  const Blog blog;
  constexpr std::string_view kList = "v0.\"id\" IN (SELECT v1.\"post\" FROM \"comments\" AS v1";
  EXPECT_TRUE(Has(blog.Sql("comments_via_post.author ?= 'u1'"), kList));
  EXPECT_TRUE(Has(blog.Sql("comments_via_post.author ?= 'u1'", "", true), kList));
  EXPECT_FALSE(Has(blog.Sql("comments_via_post.text ?~ 'a'"), kList));
  // Posts of an author are quickly probed.
  EXPECT_FALSE(Has(blog.Sql("author = 'u1' && comments_via_post.text ?= 'a'"), kList));
  // NULL has to be told from nothing.
  EXPECT_FALSE(Has(blog.Sql("comments_via_post.text ?= ''"), kList));
}

TEST(Access, AnOrderThatNoIndexHasIsSortedNarrow) {
  const Blog blog;
  EXPECT_EQ(blog.Sql("title != 'x'", "-created"),
            "SELECT v0.\"id\",v0.\"title\" FROM \"posts\" AS v0 WHERE v0._rowid_ IN (SELECT "
            "v0._rowid_ FROM \"posts\" AS v0 WHERE (v0.\"title\" IS NOT ?1) ORDER BY "
            "v0.\"created\" DESC LIMIT ?2) ORDER BY v0.\"created\" DESC");
  EXPECT_FALSE(Has(blog.Sql("title != 'x'", "id"), "_rowid_"));
  EXPECT_FALSE(Has(blog.Sql("title != 'x'", "author"), "_rowid_"));
  EXPECT_FALSE(Has(blog.Sql("title != 'x'", "@random"), "_rowid_"));
  EXPECT_FALSE(Has(blog.Sql("title != 'x'", "author.name"), "_rowid_ IN"));
}

TEST(Access, ARowThatTheConditionAsksOfJoinsInner) {
  const Blog blog;
  EXPECT_TRUE(Has(blog.Sql("author.name ~ 'a'", "-id"), " JOIN \"users\""));
  EXPECT_FALSE(Has(blog.Sql("author.name ~ 'a'", "-id"), "LEFT JOIN"));
  EXPECT_FALSE(Has(blog.Sql("author.name ~ 'a'", "title,@rowid"), "LEFT JOIN"));
  EXPECT_TRUE(Has(blog.Sql("author.name = ''", "-id"), "LEFT JOIN \"users\""));
}

// F-131, F-140: the rows would come in the order of the joined table.
TEST(Access, NoInnerJoinWhereTheOrderOfTiesWouldChange) {
  const Blog blog;
  EXPECT_TRUE(Has(blog.Sql("author.name ~ 'a'"), "LEFT JOIN \"users\""));
  EXPECT_TRUE(Has(blog.Sql("author.name ~ 'a'", "-created"), "LEFT JOIN \"users\""));
  EXPECT_TRUE(Has(blog.Sql("author.name ~ 'a'", "@random"), "LEFT JOIN \"users\""));
}

// What is asked of each row in turn: columns, a list whose text is looked at
// first, then whatever walks over rows of others.
TEST(Access, CheapTermsAreAskedFirst) {
  const Blog blog;
  const std::string sql = blog.Sql(
      "comments_via_post.text ?= 'x' && readers.id ?= 'abc' && title != 'y' && status > 'a'");
  const std::size_t comments = sql.find("\"comments\"");
  const std::size_t readers = sql.find("json_each");
  const std::size_t title = sql.find("IS NOT ?");
  const std::size_t status = sql.find("\"status\">");
  ASSERT_TRUE(Has(sql, "\"comments\"") && Has(sql, "json_each") && Has(sql, "IS NOT ?")) << sql;
  EXPECT_LT(title, status) << sql;
  EXPECT_LT(status, readers) << sql;
  EXPECT_LT(readers, comments) << sql;
}

}  // namespace
}  // namespace sluice
