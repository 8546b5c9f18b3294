#include "tools/server/store/odd_values.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/plan_builder.h"
#include "tests/support/temp_database.h"

namespace sluice::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Case {
  FieldType type;
  std::uint32_t max_select;
  std::vector<std::string> good;  // SQL literals
  std::vector<std::string> odd;
};

const Case kCases[] = {
    {FieldType::kText, 0, {"''", "'a'"}, {"NULL", "5", "x'00'"}},
    {FieldType::kNumber, 0, {"0", "-1.5"}, {"NULL", "'abc'", "''"}},
    {FieldType::kBool, 0, {"0", "1"}, {"NULL", "2", "'true'", "1.5"}},
    {FieldType::kDate,
     0,
     {"''", "'2024-01-02 03:04:05.678Z'"},
     {"NULL", "'2024-01-02'", "1700000000", "'2024-01-02T03:04:05.678Z'"}},
    {FieldType::kSelect, 1, {"''", "'a'", "'{'", "'5'"}, {"NULL", "'[\"a\"]'"}},
    {FieldType::kRelation, 3, {"'[]'", "'[\"a\"]'"}, {"NULL", "''", "'a'", "'{}'", "'\"a\"'", "5"}},
    {FieldType::kJson,
     0,
     {"NULL", "'null'", "'{\"a\":1}'", "5", "'\"x\"'"},
     {"'abc'", "''", "'{a:1}'"}},
    {FieldType::kGeoPoint,
     0,
     {"'{\"lon\":1,\"lat\":2.5}'"},
     {"NULL", "''", "'null'", "'[1,2]'", "'{\"lon\":\"5\",\"lat\":1}'", "'{\"lon\":1}'", "7"}},
};

TEST(FindOddValues, FollowsTheTable) {
  for (const Case& c : kCases) {
    const auto collection = MakeCollection(
        "things", {MakeField("id", FieldType::kText), MakeField("v", c.type, c.max_select)});
    const auto rows = [&c, &collection](const std::string& literal) -> std::int64_t {
      // Without affinity, so that what is written is what is stored.
      const TempDatabase database({"CREATE TABLE things (id TEXT, v)",
                                   "INSERT INTO things VALUES ('r1', " + literal + ")"});
      const auto found = FindOddValues(*database.Open(), *collection);
      EXPECT_TRUE(found.ok()) << found.status();
      return found.ok() && !found->empty() ? (*found)[0].rows : 0;
    };
    for (const std::string& literal : c.good)
      EXPECT_EQ(rows(literal), 0) << ToText(c.type) << " " << literal;
    for (const std::string& literal : c.odd)
      EXPECT_EQ(rows(literal), 1) << ToText(c.type) << " " << literal;
  }
}

TEST(FindOddValues, CountsAndNamesOneRow) {
  const auto collection = MakeCollection(
      "select", {MakeField("id", FieldType::kText), MakeField("from", FieldType::kNumber),
                 MakeField("gone", FieldType::kText)});
  const TempDatabase database({"CREATE TABLE `select` (id TEXT, `from`)",
                               "INSERT INTO `select` VALUES ('b', 'x'), ('a', 'y'), ('c', 1)"});
  const auto connection = database.Open();
  const auto found = FindOddValues(*connection, *collection);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1);
  EXPECT_EQ((*found)[0].field, "from");
  EXPECT_EQ((*found)[0].rows, 2);
  EXPECT_EQ((*found)[0].example_id, "a");
  EXPECT_THAT(*FieldsWithoutColumn(*connection, *collection), ElementsAre("gone"));
}

TEST(MissingIndexes, ComparesNamesWithoutCase) {
  const auto collection = MakeCollection("t", {MakeField("id", FieldType::kText)});
  collection->indexes = {*ParseIndex("CREATE INDEX `One` ON `t` (`id`)"),
                         *ParseIndex("CREATE INDEX two ON t (id)")};
  const TempDatabase database({"CREATE TABLE t (id TEXT)", "CREATE INDEX one ON t (id)"});
  EXPECT_THAT(*MissingIndexes(*database.Open(), *collection), ElementsAre("two"));
}

TEST(CheckReadable, ABrokenView) {
  const auto collection = MakeCollection("v", {});
  const TempDatabase good({"CREATE TABLE t (id TEXT)", "CREATE VIEW v AS SELECT id FROM t"});
  EXPECT_TRUE(CheckReadable(*good.Open(), *collection).ok());
  const TempDatabase broken({"CREATE VIEW v AS SELECT id FROM gone"});
  EXPECT_FALSE(CheckReadable(*broken.Open(), *collection).ok());
  EXPECT_FALSE(CheckReadable(*TempDatabase({}).Open(), *collection).ok());
}

}  // namespace
}  // namespace sluice::store
