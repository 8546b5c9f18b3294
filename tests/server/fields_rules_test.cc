// Options are read once for a collection, and again for another one.
#include "gtest/gtest.h"

#include "tests/server/fields_support.h"
#include "tools/server/fields/field_rules.h"

namespace sluice::fields {
namespace {

TEST(FieldRulesTest, DefaultsStandForZero) {
  const FieldOptions text = ReadOptions(MakeField(R"({"name":"v","type":"text","max":0})"));
  EXPECT_EQ(text.max, 5000);
  EXPECT_TRUE(text.default_id_pattern);
  EXPECT_FALSE(text.has_pattern);
  const FieldOptions password = ReadOptions(MakeField(R"({"name":"v","type":"password"})"));
  EXPECT_EQ(password.max, 71);
  EXPECT_EQ(password.cost, 10);
  EXPECT_EQ(ReadOptions(MakeField(R"({"name":"v","type":"json"})")).max_size, 1048576);
  EXPECT_EQ(ReadOptions(MakeField(R"({"name":"v","type":"editor"})")).max_size, 5242880);
  EXPECT_EQ(ReadOptions(MakeField(R"({"name":"v","type":"file"})")).max_size, 5242880);
  EXPECT_EQ(ReadOptions(MakeField(R"({"name":"v","type":"file","maxSelect":0})")).max_select, 1);
  const FieldOptions number = ReadOptions(MakeField(R"({"name":"v","type":"number","min":null})"));
  EXPECT_FALSE(number.number_min.has_value());
}

TEST(FieldRulesTest, WhatCannotBeReadIsEmpty) {
  Field field;
  field.name = "v";
  for (const char* options : {"", "[]", "{bad", "null"}) {
    field.options_json = options;
    EXPECT_FALSE(ReadOptions(field).required);
    EXPECT_EQ(ReadOptions(field).max, 5000);
  }
}

TEST(FieldRulesTest, AreKeptForACollection) {
  const Collection collection = MakeCollection(R"([{"name":"b","type":"text"},
                                                   {"name":"a","type":"bool","required":true}])");
  const auto rules = FieldRules::Of(collection);
  EXPECT_EQ(FieldRules::Of(collection), rules);
  EXPECT_EQ(rules->by_name(), (std::vector<std::size_t>{1, 0}));
  EXPECT_TRUE(rules->options(1).required);
}

// A schema that is gone leaves its addresses to the next one.
TEST(FieldRulesTest, AreNotThoseOfAnotherCollectionAtTheSameAddress) {
  Collection collection = MakeCollection(R"([{"name":"a","type":"text","min":1}])");
  const auto before = FieldRules::Of(collection);
  collection = MakeCollection(R"([{"name":"a","type":"text","min":2}])");
  EXPECT_EQ(FieldRules::Of(collection)->options(0).min, 2);
  EXPECT_EQ(before->options(0).min, 1) << "still there for who holds it";
  collection = MakeCollection(R"([{"name":"a","type":"text","min":2},{"name":"b","type":"text"}])");
  EXPECT_EQ(FieldRules::Of(collection)->by_name().size(), 2);
}

}  // namespace
}  // namespace sluice::fields
