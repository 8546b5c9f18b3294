#include "gtest/gtest.h"

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

}  // namespace
}  // namespace sluice
