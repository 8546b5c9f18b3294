#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tools/server/records/number_text.h"

namespace sluice::records {
namespace {

TEST(LoadedReal, IsSpelledAsThePeersLoading) {
  const struct {
    double real;
    std::string_view want;
  } kCases[] = {
      {0, "0"},
      {-0.0, "-0"},
      {1.5, "1.5"},
      {2, "2"},
      {123456, "123456"},
      {999999.5, "999999.5"},
      {1e6, "1e+06"},
      {1234567.5, "1.2345675e+06"},
      {-1e6, "-1e+06"},
      {0.0001, "0.0001"},
      {0.00001, "1e-05"},
      {1.25e-5, "1.25e-05"},
      {1e21, "1e+21"},
      {1e100, "1e+100"},
      {12345678901234567890.0, "1.2345678901234567e+19"},
      {std::numeric_limits<double>::infinity(), "+Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
  };
  for (const auto& c : kCases) {
    std::string out;
    AppendLoadedReal(out, c.real);
    EXPECT_EQ(out, c.want);
  }
}

TEST(ParseNumberText, AcceptsWhatR50Lists) {
  const struct {
    std::string_view text;
    double want;
  } kCases[] = {
      {"0", 0},
      {"12.50", 12.5},
      {"-3", -3},
      {"+3", 3},
      {".5", 0.5},
      {"5.", 5},
      {"1e3", 1000},
      {"1E-2", 0.01},
      {"1_000", 1000},
      {"1e1_0", 1e10},
      {"0x1p4", 16},
      {"0X1P4", 16},
      {"0x_1p4", 16},
      {"0x1.8p1", 3},
      {"0x1.8_0p1_0", 1536},
      {"1e-400", 0},
      {"007", 7},
      {"9007199254740993", 9007199254740992.0},
      {"inf", std::numeric_limits<double>::infinity()},
      {"-Infinity", -std::numeric_limits<double>::infinity()},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(ParseNumberText(c.text), c.want) << c.text;
  }
  EXPECT_TRUE(std::isnan(ParseNumberText("NaN").value_or(0)));
}

TEST(ParseNumberText, RefusesTheRest) {
  for (const std::string_view text :
       {"",       " 1",      "1 ",   "abc",  ".",      "e5",    "1e",   "1e400", "-1e400",
        "0x10",   "0x",      "0xp1", "0x1p", "_1",     "1_",    "1__0", "1_e5",  "1._5",
        "0b1",    "0o7",     "+nan", "-nan", "infin",  "infx",  "--1",  "+-1",   "0x+1p1",
        "0x-1p1", "0xinfp1", "1p4",  "1,5",  "nan(1)", "++inf", "٣"}) {
    EXPECT_EQ(ParseNumberText(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace sluice::records
