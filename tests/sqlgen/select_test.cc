#include "gtest/gtest.h"

#include "sluice/binder.h"
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

}  // namespace
}  // namespace sluice
