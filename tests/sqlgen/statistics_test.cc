// Rows of `sqlite_stat1`, as SQLite and as others write them.
#include "sluice/statistics.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(Statistics, ARowOfAnIndexTellsRowsAndRowsPerValue) {
  Statistics statistics;
  statistics.Add("posts", "by_status", "100000 50000 5");
  EXPECT_EQ(statistics.Rows("posts"), 100000);
  EXPECT_EQ(statistics.RowsPerValue("posts", "by_status"), 50000);
  EXPECT_EQ(statistics.RowsPerValue("posts", "by_status", 2), 5);
  EXPECT_EQ(statistics.RowsPerValue("posts", "by_status", 3), std::nullopt);
  EXPECT_EQ(statistics.RowsPerValue("posts", "by_status", 0), std::nullopt);
  EXPECT_EQ(statistics.RowsPerValue("posts", "other"), std::nullopt);
  EXPECT_EQ(statistics.RowsPerValue("other", "by_status"), std::nullopt);
  EXPECT_EQ(statistics.Rows("other"), std::nullopt);
}

TEST(Statistics, ATableWithoutIndexHasItsRows) {
  Statistics statistics;
  statistics.Add("plain", "", "7");
  EXPECT_EQ(statistics.Rows("plain"), 7);
  EXPECT_EQ(statistics.RowsPerValue("plain", ""), std::nullopt);
}

TEST(Statistics, NamesAreComparedWithoutCase) {
  Statistics statistics;
  statistics.Add("Posts", "By_Status", "10 5");
  EXPECT_EQ(statistics.Rows("POSTS"), 10);
  EXPECT_EQ(statistics.RowsPerValue("posts", "by_status"), 5);
}

TEST(Statistics, WordsBehindTheNumbersAreNoNumbers) {
  for (const char* stat : {"10 5 unordered", "10 5 sz=40", "10 5 noskipscan unordered sz=7",
                           "10 5  sz=12 3", "10 5 whatever comes next"}) {
    Statistics statistics;
    statistics.Add("t", "i", stat);
    EXPECT_EQ(statistics.RowsPerValue("t", "i"), 5) << stat;
    EXPECT_EQ(statistics.RowsPerValue("t", "i", 2), std::nullopt) << stat;
  }
}

// A partial index has fewer rows than its table.
TEST(Statistics, TheIndexWithTheMostRowsTellsThoseOfTheTable) {
  Statistics statistics;
  statistics.Add("t", "some", "10 1");
  statistics.Add("t", "all", "500 1");
  statistics.Add("t", "few", "3 1");
  EXPECT_EQ(statistics.Rows("t"), 500);
}

TEST(Statistics, WhatCannotBeIsIgnored) {
  for (const char* stat : {"",
                           " ",
                           "x",
                           "-5 1",
                           "5 -1",
                           "0 1",
                           "0",
                           "5 6",
                           "5.5 1",
                           "5 1.5",
                           "5x 1",
                           "5 1x",
                           "99999999999999999999999 1",
                           "18446744073709551615 1",
                           "5 99999999999999999999999",
                           "+5 1",
                           "5\t1",
                           "5,1",
                           "NaN 1",
                           "1e6 5",
                           "unordered",
                           "\xff\xfe"}) {
    Statistics statistics;
    statistics.Add("t", "i", stat);
    EXPECT_TRUE(statistics.empty()) << stat;
  }
  Statistics statistics;
  statistics.Add("", "i", "5 1");
  EXPECT_TRUE(statistics.empty());
}

TEST(Statistics, NoValueHasLessThanOneRow) {
  Statistics statistics;
  statistics.Add("t", "i", "5 0");
  EXPECT_EQ(statistics.RowsPerValue("t", "i"), 1);
}

TEST(Statistics, AreEqualWhenTheirRowsAre) {
  Statistics one;
  Statistics other;
  EXPECT_EQ(one, other);
  one.Add("t", "i", "5 1");
  EXPECT_NE(one, other);
  other.Add("T", "I", "5 1 sz=3");
  EXPECT_EQ(one, other);
}

}  // namespace
}  // namespace sluice
