#include "gtest/gtest.h"

#include "sluice/binder.h"
#include "sluice/parser.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"
#include "tests/support/schemas.h"

namespace sluice {
namespace {

struct BackIdsCase {
  const char* collection;
  const char* field;
  const Dialect* dialect;
  const char* want;
};

TEST(SelectBackIds, LooksUpOneIdOrAList) {
  const auto schema = ExampleSchema();
  const BackIdsCase kCases[] = {
      {"comments", "post", &Sqlite(),
       "SELECT v0.\"id\" FROM \"comments\" AS v0 WHERE v0.\"post\"=?1 LIMIT ?2"},
      {"comments", "post", &Postgres(),
       "SELECT v0.\"id\" FROM \"comments\" AS v0 WHERE v0.\"post\"=$1::text LIMIT $2"},
      {"links", "posts", &Postgres(),
       "SELECT v0.\"id\" FROM \"links\" AS v0 WHERE EXISTS (SELECT 1 FROM "
       "sluice.elements(v0.\"posts\",true) "
       "WITH ORDINALITY AS v1(\"value\",\"ord\") WHERE v1.\"value\"=sluice.of_text($1::text)) "
       "LIMIT $2"},
  };
  for (const BackIdsCase& one : kCases) {
    const Collection* collection = schema->Find(one.collection);
    EXPECT_EQ(SelectBackIds(*collection, *collection->FindField(one.field), *one.dialect).text,
              one.want);
  }
}

TEST(SelectBackIds, SqliteReadsTheElementsOfAList) {
  const auto schema = ExampleSchema();
  const Collection* links = schema->Find("links");
  const std::string text = SelectBackIds(*links, *links->FindField("posts"), Sqlite()).text;
  EXPECT_EQ(
      text.find("SELECT v0.\"id\" FROM \"links\" AS v0 WHERE EXISTS (SELECT 1 FROM json_each("), 0)
      << text;
  EXPECT_NE(text.find(" AS v1 WHERE v1.\"value\"=?1) LIMIT ?2"), std::string::npos) << text;
}

// Of a page the limit and the offset are parameters, in that order.
TEST(SelectRows, PagesByParameters) {
  const auto schema = ExampleSchema();
  Query query;
  query.collection = schema->Find("tags");
  const StatusOr<Plan> plan = Bind(query, *schema, {});
  ASSERT_TRUE(plan.ok());
  SelectOptions options;
  options.columns = {"id", "label"};
  options.limit = true;
  options.offset = true;
  for (const auto& [dialect, want] : {std::pair{&Sqlite(), " LIMIT ?1 OFFSET ?2"},
                                      std::pair{&Postgres(), " LIMIT $1 OFFSET $2"}}) {
    const SqlStatement statement = SelectRows(*plan, *dialect, options);
    EXPECT_TRUE(statement.text.ends_with(want)) << statement.text;
    ASSERT_EQ(statement.params.size(), 2U);
    EXPECT_EQ(statement.params[0].kind, ParamKind::kLimit);
    EXPECT_EQ(statement.params[1].kind, ParamKind::kOffset);
    EXPECT_EQ(statement.columns, (std::vector<std::string>{"id", "label"}));
  }
}

// ---- rows behind two relations ----

std::string SqlOfComments(std::string_view filter, std::string_view sort = "",
                          const Dialect& dialect = Sqlite(), bool count = false) {
  const auto schema = ExampleSchema();
  const StatusOr<Ast> ast = ParseFilter(filter);
  const StatusOr<SortList> keys = ParseSort(sort);
  Query query;
  query.collection = schema->Find("comments");
  query.filter = &*ast;
  if (!keys->keys.empty()) query.sort = &*keys;
  StatusOr<Plan> plan = Bind(query, *schema, {});
  EXPECT_TRUE(plan.ok()) << plan.status();
  const Plan simplified = Simplify(*std::move(plan));
  SelectOptions options;
  options.columns = {"id"};
  return count ? SelectCount(simplified, dialect).text
               : SelectRows(simplified, dialect, options).text;
}

TEST(EarlyProbes, AreMadeOfOneLikeOfAFarRow) {
  EXPECT_EQ(SqlOfComments("post.author.name ~ 'a' && post.num > 1"),
            "SELECT v0.\"id\" FROM \"comments\" AS v0 LEFT JOIN \"posts\" AS v1 ON "
            "v1.\"id\"=v0.\"post\" WHERE (SELECT (v2.\"name\" LIKE ?1 ESCAPE '\\') FROM "
            "\"members\" AS v2 WHERE v2.\"id\"=v1.\"author\") AND (v1.\"num\">?2)");
  EXPECT_EQ(SqlOfComments("post.author.name ~ 'a'"),
            "SELECT v0.\"id\" FROM \"comments\" AS v0 LEFT JOIN \"posts\" AS v1 ON "
            "v1.\"id\"=v0.\"post\" WHERE (SELECT (v2.\"name\" LIKE ?1 ESCAPE '\\') FROM "
            "\"members\" AS v2 WHERE v2.\"id\"=v1.\"author\")");
}

TEST(EarlyProbes, AreNotMadeWhereAJoinIsNeededOrBetter) {
  for (const char* filter : {"post.title ~ 'a'",                                      // near
                             "post.author.name !~ 'a'", "post.author.name = 'a'",     // no LIKE
                             "post.author.name ~ post.title",                         // no value
                             "post.author.name ~ 'a' && post.author.level > 1",       // asked twice
                             "post.author.name ~ 'a' && post.author.org.name = 'b'",  // leads on
                             "post.author.org.name ~ 'a'",  // by the rule of orgs, too
                             "post.author.name ~ 'a' || post.num > 1"}) {  // not at the top
    const std::string sql = SqlOfComments(filter);
    EXPECT_EQ(sql.find("(SELECT ("), std::string::npos) << sql;
  }
  EXPECT_EQ(SqlOfComments("post.author.name ~ 'a'", "post.author.level").find("(SELECT ("),
            std::string::npos);
  EXPECT_EQ(SqlOfComments("post.author.name ~ 'a'", "", Postgres()).find("(SELECT ("),
            std::string::npos);
  // May start anywhere: nobody sees the order of what is counted.
  EXPECT_EQ(SqlOfComments("post.author.name ~ 'a'", "", Sqlite(), true),
            "SELECT COUNT(*) FROM \"comments\" AS v0 JOIN \"posts\" AS v1 ON "
            "v1.\"id\"=v0.\"post\" JOIN \"members\" AS v2 ON v2.\"id\"=v1.\"author\" WHERE "
            "(v2.\"name\" LIKE ?1 ESCAPE '\\')");
}

}  // namespace
}  // namespace sluice
