// strftime against SQLite (F-108).
#include "engine/date_functions.h"

#include <cstdlib>
#include <ctime>
#include <random>

#include "gtest/gtest.h"

#include "tests/engine/sqlite_oracle.h"

namespace sluice {
namespace {

class StrftimeOracle {
 public:
  void Check(const std::vector<Value>& arguments) {
    std::vector<ValueView> views;
    std::string sql = "SELECT strftime(";
    for (const Value& argument : arguments) {
      views.push_back(argument.view());
      sql += views.size() == 1 ? "?" : ",?";
    }
    const Value want = oracle_.Ask(sql + ")", views);
    std::string got;
    const bool has_value = Strftime(views, 0, &got);
    std::string what;
    for (const ValueView& view : views) what += Show(view) + ", ";
    ASSERT_EQ(has_value, !want.is_null())
        << what << " want " << Show(want.view()) << " got " << got;
    if (!has_value) return;
    ASSERT_EQ(got, want.text) << what;
  }

 private:
  SqliteOracle oracle_;
};

constexpr const char* kAllLetters =
    "%d|%e|%f|%F|%G|%g|%H|%I|%j|%J|%k|%l|%m|%M|%p|%P|%R|%s|%S|%T|%u|%U|%V|%w|%W|%Y|%%";

Value RandomTime(std::mt19937_64* random) {
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>((*random)() % static_cast<unsigned>(high - low + 1));
  };
  char text[64];
  switch (pick(0, 9)) {
    case 0:
      return Value::Integer(std::int64_t((*random)() % 600000000000) - 250000000000);
    case 1:
      return Value::Real(pick(0, 5373484) + pick(0, 9999) / 10000.0);
    case 2:
      return Value::Text(std::to_string(pick(0, 6000000)) + "." + std::to_string(pick(0, 999)));
    case 3:
      std::snprintf(text, sizeof text, "%02d:%02d", pick(0, 25), pick(0, 60));
      return Value::Text(text);
    case 4:
      std::snprintf(text, sizeof text, "%04d-%02d-%02d", pick(0, 9999), pick(1, 12), pick(1, 31));
      return Value::Text(text);
    case 5:
      std::snprintf(text, sizeof text, "%s%04d-%02d-%02d %02d:%02d:%02d.%d",
                    pick(0, 9) == 0 ? "-" : "", pick(0, 9999), pick(1, 12), pick(1, 31),
                    pick(0, 24), pick(0, 59), pick(0, 59), pick(0, 999999));
      return Value::Text(text);
    default: {
      static constexpr std::string_view kZones[] = {
          "", "", "Z", "z", " Z ", "+02:00", " -05:30", "+00:00", "+15:00", "x", "+2:00"};
      std::snprintf(text, sizeof text, "%04d-%02d-%02d%c%02d:%02d:%02d.%03d", pick(1900, 2100),
                    pick(1, 12), pick(1, 31), pick(0, 1) == 0 ? ' ' : 'T', pick(0, 23), pick(0, 59),
                    pick(0, 59), pick(0, 999));
      return Value::Text(text + std::string(kZones[(*random)() % std::size(kZones)]));
    }
  }
}

Value RandomModifier(std::mt19937_64* random) {
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>((*random)() % static_cast<unsigned>(high - low + 1));
  };
  static constexpr std::string_view kWords[] = {"unixepoch",
                                                "auto",
                                                "julianday",
                                                "start of day",
                                                "start of month",
                                                "Start Of Year",
                                                "start of week",
                                                "floor",
                                                "ceiling",
                                                "subsec",
                                                "SUBSECOND",
                                                "utc",
                                                "localtime",
                                                "weekday 0",
                                                "weekday 3",
                                                "weekday 6",
                                                "weekday 7",
                                                "weekday 1.0",
                                                "",
                                                "bad",
                                                "utcx"};
  static constexpr std::string_view kUnits[] = {"days",    "day",    "hours", "minutes",
                                                "seconds", "months", "month", "years",
                                                "year",    "week",   "DAYS"};
  static constexpr std::string_view kSigns[] = {"+", "-", ""};
  const std::string sign(kSigns[(*random)() % 3]);
  char text[64];
  switch (pick(0, 5)) {
    case 0:
    case 1:
      return Value::Text(std::string(kWords[(*random)() % std::size(kWords)]));
    case 2:
      std::snprintf(text, sizeof text, "%s%04d-%02d-%02d", sign.c_str(), pick(0, 30), pick(0, 12),
                    pick(0, 31));
      if (pick(0, 2) == 0) return Value::Text(std::string(text) + " 10:20");
      return Value::Text(text);
    case 3:
      std::snprintf(text, sizeof text, "%s%02d:%02d:%02d.%d", sign.c_str(), pick(0, 25),
                    pick(0, 59), pick(0, 59), pick(0, 999));
      return Value::Text(text);
    default: {
      std::string amount = std::to_string(pick(0, pick(0, 3) == 0 ? 200000 : 40));
      if (pick(0, 2) == 0) amount += "." + std::to_string(pick(0, 99));
      return Value::Text(sign + amount + " " +
                         std::string(kUnits[(*random)() % std::size(kUnits)]));
    }
  }
}

Value RandomFormat(std::mt19937_64* random) {
  if ((*random)() % 2 == 0) return Value::Text(kAllLetters);
  static constexpr std::string_view kLetters =
      "defFGgHIjJklmMpPRsSTuUVwWY%defFGgHIjJklmMpPRsSTuUVwWY%nqZ";
  std::string format;
  for (std::size_t n = (*random)() % 5; n > 0; --n) {
    format += (*random)() % 3 == 0 ? "x" : "";
    format += "%";
    format += kLetters[(*random)() % kLetters.size()];
  }
  return Value::Text(format);
}

TEST(Strftime, EqualsSqliteOnKnownCalls) {
  using namespace std::string_literals;
  StrftimeOracle oracle;
  for (const char* time : {"",
                           "2024-01-05 03:04:05.678",
                           "10:20",
                           "2024-01-15 24:00",
                           "2024-02-30",
                           "2023-02-29",
                           "2024-02-32",
                           " 2024-01-15",
                           "2024-1-15",
                           "-2024-01-15",
                           "2024-01-15TT10:20",
                           "2024-01-15  10:20 ",
                           "2024-01-15 10:20:30.",
                           "2024-01-15 10:20:30.0625",
                           "2024-01-15x",
                           "2024-01-15 10:20:59.99999",
                           "0000-01-01",
                           "-4713-11-24 12:00",
                           "-4713-11-24 11:59",
                           "-4714-01-01",
                           "9999-12-31 23:59:59.999",
                           "1e3",
                           " 1000 ",
                           "0x10",
                           "inf",
                           "5373484.4999999",
                           "5373484.5",
                           "-1",
                           "0",
                           "0.00000001",
                           "2460310.0009765625",
                           "2024-01-01 00:01:24.375",
                           "2024-01-15 10:20+14:59",
                           "2024-01-15 10:20+15:00",
                           "2024-01-15 10:20+00:00"}) {
    for (const char* modifier : {"",
                                 "+1 month",
                                 "floor",
                                 "subsec",
                                 "utc",
                                 "localtime",
                                 "start of month",
                                 "+10:30",
                                 "-0001-01-01 10:00",
                                 "auto",
                                 "unixepoch",
                                 "julianday",
                                 "weekday 0",
                                 "+1.5 years",
                                 "10:30Z",
                                 "+00010-01-01",
                                 "+0001-01-01x",
                                 "1day",
                                 "+1  day",
                                 "5373485 days",
                                 "1e2 seconds",
                                 " 1 day",
                                 "-1:30"}) {
      for (const char* format : {kAllLetters, "%F %T", "%", "x%", "", "%n", "%Y%"}) {
        oracle.Check({Value::Text(format), Value::Text(time)});
        oracle.Check({Value::Text(format), Value::Text(time), Value::Text(modifier)});
        oracle.Check({Value::Text(format), Value::Text(time), Value::Text("+1 month"),
                      Value::Text(modifier)});
        oracle.Check(
            {Value::Text(format), Value::Text(time), Value::Text(modifier), Value::Text("floor")});
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
  oracle.Check({Value::Null(), Value::Text("2024-01-01")});
  oracle.Check({Value::Text("%F"), Value::Null()});
  oracle.Check({Value::Text("%F"), Value::Text("2024-01-01"), Value::Null()});
  oracle.Check({Value::Integer(5), Value::Text("2024-01-01")});
  oracle.Check({Value::Text("%F\0x"s), Value::Text("2024-01-01\0x"s), Value::Text("+1 day\0x"s)});
}

void CheckRandomCalls(int count, unsigned seed) {
  StrftimeOracle oracle;
  std::mt19937_64 random(seed);
  for (int i = 0; i < count; ++i) {
    std::vector<Value> arguments = {RandomFormat(&random), RandomTime(&random)};
    for (std::size_t n = random() % 4; n > 0; --n) arguments.push_back(RandomModifier(&random));
    oracle.Check(arguments);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Strftime, EqualsSqliteOnRandomCalls) { CheckRandomCalls(50000, 108); }

TEST(Strftime, FollowsTheTimeZoneOfTheProcess) {
  for (const char* zone : {"EST5EDT,M3.2.0,M11.1.0", "CET-1CEST,M3.5.0,M10.5.0/3", "IST-5:30"}) {
    setenv("TZ", zone, 1);
    tzset();
    CheckRandomCalls(10000, 109);
  }
  unsetenv("TZ");
  tzset();
}

TEST(Strftime, NowIsGiven) {
  std::string result;
  const auto text = [](std::string_view t) { return ValueView::Text(t); };
  const std::int64_t now = 1704423845678;
  EXPECT_TRUE(Strftime(std::vector{text("%F %T")}, now, &result));
  EXPECT_EQ(result, "2024-01-05 03:04:05");
  EXPECT_TRUE(Strftime(std::vector{text("%F %f"), text("Now"), text("+1 day")}, now, &result));
  EXPECT_EQ(result, "2024-01-06 05.678");
  EXPECT_TRUE(Strftime(std::vector{text("%s"), text("subsec")}, now, &result));
  EXPECT_EQ(result, "1704423845.678");
}

}  // namespace
}  // namespace sluice
