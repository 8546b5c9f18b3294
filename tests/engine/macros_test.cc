// Date macros over fixed clocks (F-32).
#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

#include "tests/engine/blog_schema.h"

namespace sluice {
namespace {

UnixMillis At(absl::CivilSecond second, int millis) {
  return absl::ToUnixMillis(absl::FromCivil(second, absl::UTCTimeZone())) + millis;
}

std::string Macro(std::string_view name, UnixMillis now) {
  RequestContext request;
  request.now = now;
  const std::string where =
      WhereOf({.filter = std::string(name) + " > title", .request = &request});
  const std::size_t begin = where.find('=');
  const std::size_t end = where.find('{');
  if (begin == std::string::npos || end == std::string::npos) return where;
  return where.substr(begin + 1, end - begin - 1);
}

struct Case {
  absl::CivilSecond now;
  int millis;
  std::string_view macro;
  std::string_view want;
};

const absl::CivilSecond kOrdinary(2024, 7, 9, 8, 5, 3);
const absl::CivilSecond kLeapDay(2024, 2, 29, 23, 59, 59);
const absl::CivilSecond kYearEnd(2023, 12, 31, 23, 59, 59);
const absl::CivilSecond kYearStart(2024, 1, 1, 0, 0, 0);

const Case kCases[] = {
    {kOrdinary, 7, "@now", "'2024-07-09 08:05:03.007Z'"},
    {kOrdinary, 7, "@yesterday", "'2024-07-08 08:05:03.007Z'"},
    {kOrdinary, 7, "@tomorrow", "'2024-07-10 08:05:03.007Z'"},
    {kOrdinary, 7, "@todayStart", "'2024-07-09 00:00:00.000Z'"},
    {kOrdinary, 7, "@todayEnd", "'2024-07-09 23:59:59.999Z'"},
    {kOrdinary, 7, "@monthStart", "'2024-07-01 00:00:00.000Z'"},
    {kOrdinary, 7, "@monthEnd", "'2024-07-31 23:59:59.999Z'"},
    {kOrdinary, 7, "@yearStart", "'2024-01-01 00:00:00.000Z'"},
    {kOrdinary, 7, "@yearEnd", "'2024-12-31 23:59:59.999Z'"},
    {kOrdinary, 7, "@second", "3"},
    {kOrdinary, 7, "@minute", "5"},
    {kOrdinary, 7, "@hour", "8"},
    {kOrdinary, 7, "@day", "9"},
    {kOrdinary, 7, "@month", "7"},
    {kOrdinary, 7, "@year", "2024"},
    {kOrdinary, 7, "@weekday", "2"},
    // Ends of months and years, leap days.
    {kLeapDay, 999, "@now", "'2024-02-29 23:59:59.999Z'"},
    {kLeapDay, 999, "@tomorrow", "'2024-03-01 23:59:59.999Z'"},
    {kLeapDay, 999, "@monthEnd", "'2024-02-29 23:59:59.999Z'"},
    {absl::CivilSecond(2023, 2, 5, 0, 0, 0), 0, "@monthEnd", "'2023-02-28 23:59:59.999Z'"},
    {absl::CivilSecond(1900, 2, 5, 0, 0, 0), 0, "@monthEnd", "'1900-02-28 23:59:59.999Z'"},
    {absl::CivilSecond(2000, 2, 5, 0, 0, 0), 0, "@monthEnd", "'2000-02-29 23:59:59.999Z'"},
    {absl::CivilSecond(2024, 3, 1, 1, 2, 3), 0, "@yesterday", "'2024-02-29 01:02:03.000Z'"},
    {absl::CivilSecond(2024, 4, 30, 1, 2, 3), 0, "@tomorrow", "'2024-05-01 01:02:03.000Z'"},
    {absl::CivilSecond(2024, 4, 30, 1, 2, 3), 0, "@monthEnd", "'2024-04-30 23:59:59.999Z'"},
    {kYearEnd, 1, "@tomorrow", "'2024-01-01 23:59:59.001Z'"},
    {kYearEnd, 1, "@monthEnd", "'2023-12-31 23:59:59.999Z'"},
    {kYearEnd, 1, "@yearEnd", "'2023-12-31 23:59:59.999Z'"},
    {kYearEnd, 1, "@yearStart", "'2023-01-01 00:00:00.000Z'"},
    {kYearStart, 0, "@yesterday", "'2023-12-31 00:00:00.000Z'"},
    {kYearStart, 0, "@todayStart", "'2024-01-01 00:00:00.000Z'"},
    {kYearStart, 0, "@yearStart", "'2024-01-01 00:00:00.000Z'"},
    {kYearStart, 0, "@hour", "0"},
    // Sunday is 0, Saturday 6.
    {absl::CivilSecond(2024, 7, 7, 0, 0, 0), 0, "@weekday", "0"},
    {absl::CivilSecond(2024, 7, 8, 0, 0, 0), 0, "@weekday", "1"},
    {absl::CivilSecond(2024, 7, 13, 23, 59, 59), 999, "@weekday", "6"},
    // Before the epoch, milliseconds are cut downwards.
    {absl::CivilSecond(1969, 12, 31, 23, 59, 59), 250, "@now", "'1969-12-31 23:59:59.250Z'"},
};

TEST(Macros, FollowTheClock) {
  for (const Case& test : kCases) {
    EXPECT_EQ(Macro(test.macro, At(test.now, test.millis)), test.want)
        << test.macro << " at " << test.now;
  }
}

// F-33, F-69.
TEST(Macros, AreExactNames) {
  for (std::string_view name :
       {"@Now", "@NOW", "@nows", "@no", "@now:lower", "@week", "@todayend"}) {
    const std::string text(name);
    EXPECT_EQ(Macro(name, 0),
              "invalid left operand \"" + text + "\" - failed to resolve field \"" + text + "\"");
  }
}

TEST(Macros, AreBoundValues) {
  EXPECT_EQ(WhereOf({.filter = "title ~ @year"}), "(like posts.title $1='%1970%'{@year})");
  EXPECT_EQ(WhereOf({.filter = "@now = null"}), "(= $0='1970-01-01 00:00:00.000Z'{@now} '')");
}

TEST(Macros, StandInCalls) {
  EXPECT_EQ(WhereOf({.filter = "strftime('%Y', @now) > title"}),
            "(> (strftime $0='%Y' $1='1970-01-01 00:00:00.000Z'{@now}) posts.title)");
  EXPECT_EQ(WhereOf({.filter = "geoDistance(@day, 1, 2, 3) > 1"}),
            "(> (geoDistance $0=1{@day} $1=1.0 $2=2.0 $3=3.0) $4=1.0)");
}

}  // namespace
}  // namespace sluice
