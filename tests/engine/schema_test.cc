// Collections, fields and index texts (S-18 to S-20, S-36, F-36, F-70, F-89).
#include "sluice/schema.h"

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/plan_builder.h"

namespace sluice {
namespace {

struct IndexCase {
  std::string_view sql;
  std::string name;
  bool unique;
  std::vector<std::string> columns;
  std::vector<bool> descending;
  std::string where;
};

const IndexCase kIndexes[] = {
    //
    {"create index idx_a on alltypes (title, num desc)",
     "idx_a",
     false,
     {"title", "num"},
     {false, true},
     ""},
    {"create unique index if not exists main.`i1` on whatever (lower(id), id collate nocase desc) "
     "where id != \"\"",
     "i1",
     true,
     {"lower(id)", "id"},
     {false, true},
     "id != \"\""},
    // As the peer writes them.
    {"CREATE UNIQUE INDEX `idx_posts_slug` ON `posts` (`slug`) WHERE `slug` != ''",
     "idx_posts_slug",
     true,
     {"slug"},
     {false},
     "`slug` != ''"},
    {"CREATE INDEX `i` ON `t` (\n  `title`,\n  `num` DESC\n)",
     "i",
     false,
     {"title", "num"},
     {false, true},
     ""},
    {"CREATE UNIQUE INDEX `idx_staff_username` ON `staff` (`username` COLLATE NOCASE)",
     "idx_staff_username",
     true,
     {"username"},
     {false},
     ""},
    // Every quote.
    {"create index \"a b\" on [t] ([c d], 'e', \"f\" asc, `g` ASC)",
     "a b",
     false,
     {"c d", "e", "f", "g"},
     {false, false, false, false},
     ""},
    {"CREATE INDEX i ON t (a COLLATE \"NOCASE\" DESC)", "i", false, {"a"}, {true}, ""},
    // Any white space.
    {"  CREATE\tUNIQUE\nINDEX\r\ni\tON t(a\tDESC,b\nASC , c  DESC)",
     "i",
     true,
     {"a", "b", "c"},
     {true, false, true},
     ""},
    {"CREATE INDEX i ON t(`a`DESC)", "i", false, {"a"}, {true}, ""},
    // Names that only begin or end like the words.
    {"CREATE INDEX unique_i ON t (desc_a, a_desc)",
     "unique_i",
     false,
     {"desc_a", "a_desc"},
     {false, false},
     ""},
    {"CREATE INDEX if_i ON t (descr)", "if_i", false, {"descr"}, {false}, ""},
    // Expressions keep their text; commas and brackets in them do not split.
    {"CREATE INDEX i ON t (coalesce(a, ')'), b)",
     "i",
     false,
     {"coalesce(a, ')')", "b"},
     {false, false},
     ""},
    {"CREATE INDEX i ON t ((a + b) DESC)", "i", false, {"(a + b)"}, {true}, ""},
    {"CREATE INDEX i ON t (a || ',' || b)", "i", false, {"a || ',' || b"}, {false}, ""},
    // What follows and is no WHERE is ignored.
    {"CREATE INDEX i ON t (a) ;", "i", false, {"a"}, {false}, ""},
    {"CREATE INDEX i ON t (a) WHERE  a > 1 AND b IS NULL ",
     "i",
     false,
     {"a"},
     {false},
     "a > 1 AND b IS NULL"},
};

TEST(ParseIndex, ReadsCreateIndexTexts) {
  for (const IndexCase& test : kIndexes) {
    const std::optional<Index> index = ParseIndex(test.sql);
    ASSERT_TRUE(index) << test.sql;
    EXPECT_EQ(index->name, test.name) << test.sql;
    EXPECT_EQ(index->unique, test.unique) << test.sql;
    EXPECT_EQ(index->columns, test.columns) << test.sql;
    EXPECT_EQ(index->descending, test.descending) << test.sql;
    EXPECT_EQ(index->where, test.where) << test.sql;
    EXPECT_EQ(index->sql, test.sql);
  }
}

TEST(ParseIndex, RefusesOtherTexts) {
  for (std::string_view sql :
       {"", "CREATE", "CREATE TABLE t (a)", "CREATE INDEX ON t (a)", "CREATE INDEX i ON t",
        "CREATE INDEX i ON t (a", "CREATE INDEX i ON t ()", "CREATE INDEX i ON t (a,)",
        "CREATE INDEX i ON t (,a)", "CREATE INDEX `i ON t (a)", "CREATE INDEX i t (a)",
        "CREATE INDEX if exists i ON t (a)", "CREATE INDEX i ON t ('a)", "CREATEINDEX i ON t (a)",
        "CREATE UNIQUEINDEX i ON t (a)"}) {
    EXPECT_FALSE(ParseIndex(sql)) << sql;
  }
}

TEST(Collection, CountsAUniqueIndexOfOneColumnWithoutCase) {
  struct Case {
    std::string_view sql;
    bool want;
  };
  const Case kCases[] = {
      {"CREATE UNIQUE INDEX i ON t (a)", true},
      {"CREATE UNIQUE INDEX i ON t (`A`)", true},
      {"CREATE UNIQUE INDEX i ON t (a) WHERE a > 1", true},
      {"CREATE UNIQUE INDEX i ON t (a COLLATE NOCASE)", true},
      {"CREATE UNIQUE INDEX i ON t (a DESC)", true},
      {"CREATE INDEX i ON t (a)", false},
      {"CREATE UNIQUE INDEX i ON t (a, b)", false},
      {"CREATE UNIQUE INDEX i ON t (b)", false},
      {"CREATE UNIQUE INDEX i ON t (lower(a))", false},
  };
  for (const Case& test : kCases) {
    Collection collection;
    collection.indexes.push_back(*ParseIndex(test.sql));
    EXPECT_EQ(collection.HasUniqueIndexOn("a"), test.want) << test.sql;
  }
}

TEST(Collection, FindsFieldsByExactName) {
  const std::shared_ptr<Collection> collection =
      MakeCollection("t", {MakeField("a", FieldType::kText), MakeField("A", FieldType::kBool)});
  EXPECT_EQ(collection->FindField("a"), &collection->fields[0]);
  EXPECT_EQ(collection->FindField("A"), &collection->fields[1]);
  EXPECT_EQ(collection->FindField("b"), nullptr);
  EXPECT_EQ(collection->FindFieldById("f_A"), &collection->fields[1]);
  EXPECT_EQ(collection->FindFieldById("F_A"), nullptr);
}

// F-70, S-18.
TEST(Schema, FindsByExactIdOrByNameWithoutCase) {
  const Schema schema(
      {MakeCollection("Users", {}), MakeCollection("c_Users", {}), MakeCollection("tags", {})});
  EXPECT_EQ(schema.Find("users"), schema.collections()[0].get());
  EXPECT_EQ(schema.Find("USERS"), schema.collections()[0].get());
  // An id wins over a name.
  EXPECT_EQ(schema.Find("c_Users"), schema.collections()[0].get());
  EXPECT_EQ(schema.Find("c_users"), schema.collections()[1].get());
  EXPECT_EQ(schema.FindById("c_tags"), schema.collections()[2].get());
  EXPECT_EQ(schema.FindById("C_tags"), nullptr);
  EXPECT_EQ(schema.FindById("tags"), nullptr);
  EXPECT_EQ(schema.Find(""), nullptr);
  EXPECT_EQ(Schema().Find("users"), nullptr);
}

// F-36.
TEST(Field, HasTheAffinityOfItsColumn) {
  struct Case {
    FieldType type;
    Affinity single, multiple;
  };
  constexpr Affinity kText = Affinity::kText;
  constexpr Affinity kNumeric = Affinity::kNumeric;
  const Case kCases[] = {
      {FieldType::kText, kText, kText},
      {FieldType::kNumber, kNumeric, kNumeric},
      {FieldType::kBool, kNumeric, kNumeric},
      {FieldType::kEmail, kText, kText},
      {FieldType::kUrl, kText, kText},
      {FieldType::kEditor, kText, kText},
      {FieldType::kDate, kText, kText},
      {FieldType::kAutodate, kText, kText},
      {FieldType::kSelect, kText, kNumeric},
      {FieldType::kJson, kNumeric, kNumeric},
      {FieldType::kRelation, kText, kNumeric},
      {FieldType::kFile, kText, kNumeric},
      {FieldType::kGeoPoint, kNumeric, kNumeric},
      {FieldType::kPassword, kText, kText},
  };
  for (const Case& test : kCases) {
    EXPECT_EQ(MakeField("f", test.type, 0).affinity(), test.single) << ToText(test.type);
    EXPECT_EQ(MakeField("f", test.type, 1).affinity(), test.single) << ToText(test.type);
    EXPECT_EQ(MakeField("f", test.type, 2).affinity(), test.multiple) << ToText(test.type);
  }
  Field view = MakeField("f", FieldType::kNumber);
  view.view_affinity = Affinity::kNone;
  EXPECT_EQ(view.affinity(), Affinity::kNone);
}

TEST(FieldType, HasANameThatParsesBack) {
  for (std::string_view name :
       {"text", "number", "bool", "email", "url", "editor", "date", "autodate", "select", "json",
        "relation", "file", "geoPoint", "password"}) {
    const std::optional<FieldType> type = ParseFieldType(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(ToText(*type), name);
  }
  for (std::string_view name : {"", "Text", "geopoint", "user"})
    EXPECT_FALSE(ParseFieldType(name)) << name;
}

}  // namespace
}  // namespace sluice
