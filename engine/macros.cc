// Date macros (F-32), from the request's clock.
#include <cstdio>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "engine/binder_impl.h"

namespace sluice {
namespace {

// `YYYY-MM-DD HH:MM:SS.mmmZ`.
Value DateText(absl::CivilSecond second, int millis) {
  char text[40];
  const int size = std::snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d.%03dZ",
                                 static_cast<int>(second.year()), second.month(), second.day(),
                                 second.hour(), second.minute(), second.second(), millis);
  return Value::Text(std::string(text, static_cast<std::size_t>(size)));
}

Value EndOf(absl::CivilDay last_day) {
  return DateText(absl::CivilSecond(last_day.year(), last_day.month(), last_day.day(), 23, 59, 59),
                  999);
}

std::optional<Value> DateMacro(std::string_view name, absl::CivilSecond now, int millis) {
  const absl::CivilDay today(now);
  const absl::CivilMonth month(now);
  const absl::CivilYear year(now);
  // Adding a calendar day normalises as the peer's AddDate does.
  if (name == "@now") return DateText(now, millis);
  if (name == "@yesterday" || name == "@tomorrow") {
    const absl::CivilDay day = name == "@tomorrow" ? today + 1 : today - 1;
    return DateText(absl::CivilSecond(day.year(), day.month(), day.day(), now.hour(), now.minute(),
                                      now.second()),
                    millis);
  }
  if (name == "@todayStart") return DateText(absl::CivilSecond(today), 0);
  if (name == "@todayEnd") return EndOf(today);
  if (name == "@monthStart") return DateText(absl::CivilSecond(month), 0);
  if (name == "@monthEnd") return EndOf(absl::CivilDay(month + 1) - 1);
  if (name == "@yearStart") return DateText(absl::CivilSecond(year), 0);
  if (name == "@yearEnd") return EndOf(absl::CivilDay(year + 1) - 1);
  return std::nullopt;
}

std::optional<std::int64_t> IntegerMacro(std::string_view name, absl::CivilSecond now) {
  if (name == "@second") return now.second();
  if (name == "@minute") return now.minute();
  if (name == "@hour") return now.hour();
  if (name == "@day") return now.day();
  if (name == "@month") return now.month();
  if (name == "@year") return now.year();
  // abseil counts from Monday = 0, the peer from Sunday = 0.
  if (name == "@weekday") return (static_cast<int>(absl::GetWeekday(absl::CivilDay(now))) + 1) % 7;
  return std::nullopt;
}

}  // namespace

std::optional<Value> MacroValue(std::string_view name, UnixMillis now) {
  if (name.size() < 4 || name[0] != '@') return std::nullopt;
  const absl::Time time = absl::FromUnixMillis(now);
  const absl::CivilSecond second = absl::ToCivilSecond(time, absl::UTCTimeZone());
  const int millis = static_cast<int>(((now % 1000) + 1000) % 1000);
  if (std::optional<Value> date = DateMacro(name, second, millis)) return date;
  if (std::optional<std::int64_t> integer = IntegerMacro(name, second))
    return Value::Integer(*integer);
  return std::nullopt;
}

}  // namespace sluice
