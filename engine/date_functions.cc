// SQLite's date arithmetic. A moment is kept in up to three forms at once, a
// Julian day in milliseconds, a calendar date and a time of day, and each is
// worked out from the others only when it is needed: `2024-02-30` and `24:00`
// stay as written until something forces them through the Julian day, and that
// is visible. Held against SQLite by tests/engine/date_functions_test.cc.
#include "engine/date_functions.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>

#include "engine/value_text.h"
#include "sluice/strings.h"

namespace sluice {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kHalfDayMs = kDayMs / 2;
// The Unix epoch, and the last millisecond of the year 9999, counted from noon
// of -4713-11-24.
constexpr std::int64_t kUnixEpochMs = 210'866'760'000'000;
constexpr std::int64_t kLastMs = 464'269'060'799'999;

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// ---- reading ----

// A text that reads as if a NUL stood behind it.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  char operator[](std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  void Skip(std::size_t count) { text_.remove_prefix(std::min(count, text_.size())); }
  void SkipSpace() {
    while (IsSpace((*this)[0])) Skip(1);
  }
  bool at_end() const { return text_.empty(); }
  std::string_view text() const { return text_; }

  // Exactly `count` digits at `from` whose number lies within the bounds.
  std::optional<int> Number(std::size_t from, int count, int low, int high) const {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      const char c = (*this)[from + static_cast<std::size_t>(i)];
      if (!IsDigit(c)) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    if (value < low || value > high) return std::nullopt;
    return value;
  }

 private:
  std::string_view text_;
};

constexpr int kYearMax = 14712;  // of what is read; the result must be 9999 or less

std::optional<double> ReadReal(std::string_view text) {
  const std::optional<ValueView> number = ParseNumericText(text);
  if (!number) return std::nullopt;
  return number->storage == StorageClass::kInteger ? static_cast<double>(number->integer)
                                                   : number->real;
}

// ---- calendar ----

struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
};

// Days from 1970-01-01 in the Gregorian calendar; a day beyond the month's end
// counts on.
std::int64_t DaysFromCivil(const Date& date) {
  const int year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

Date CivilFromDays(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  const auto civil_month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  return {static_cast<int>(year_of_era + era * 400) + (civil_month <= 2 ? 1 : 0), civil_month,
          static_cast<int>(day_of_year - (153 * month + 2) / 5) + 1};
}

// By how many days the date lies beyond the end of its month.
int DaysBeyondMonth(const Date& date) {
  static constexpr std::array<int, 13> kDays = {31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
  const int days = date.month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(date.month)];
  return std::max(0, date.day - days);
}

// ---- the moment ----

class Moment {
 public:
  explicit Moment(std::int64_t now) : now_(now) {}

  // Reads a time value; false when it is none.
  bool Read(const ValueView& value);
  // Applies the modifier at that position, 1 being the first.
  bool Modify(std::string_view text, std::size_t position);
  // To be called after the last modifier: false when the result is no time.
  bool Finish(std::size_t modifiers);
  bool Format(std::string_view format, std::string* out);

  void SetNow();

 private:
  // Reading.
  bool ReadText(std::string_view text);
  bool ReadDateTime(Cursor cursor);
  bool ReadTime(Cursor cursor);
  bool ReadZone(Cursor cursor);
  void SetRaw(double value);

  // The three forms.
  void NeedJulian();
  void NeedDate();
  void NeedTime();
  void DropFields() { has_date_ = has_time_ = false, zone_minutes_ = 0; }
  void Fail();

  // Modifiers.
  bool Auto(std::size_t position);
  bool UnixEpoch(std::size_t position);
  bool JulianDay(std::size_t position);
  bool StartOf(std::string_view unit);
  bool Weekday(std::string_view number);
  void ToLocal();
  void ToUtc();
  void Floor();
  bool Shift(std::string_view text);
  bool ShiftByDate(Cursor cursor, std::size_t year_digits, bool* done);
  bool ShiftByTime(Cursor cursor, bool back);
  bool ShiftByUnits(double amount, std::string_view unit);
  void AddMonths(int months);

  // Printing.
  bool FormatOne(char letter, std::string* out);
  int DaysAfterMonday() const { return static_cast<int>((julian_ms_ + kHalfDayMs) / kDayMs % 7); }
  int DaysAfterSunday() const {
    return static_cast<int>((julian_ms_ + kHalfDayMs + kDayMs) / kDayMs % 7);
  }
  int DayOfYear() const;
  Moment ThursdayOfWeek() const;

  std::int64_t now_;
  std::int64_t julian_ms_ = 0;
  Date date_;
  int hour_ = 0;
  int minute_ = 0;
  double second_ = 0;  // or the raw number, when is_raw_
  int zone_minutes_ = 0;
  int beyond_month_ = 0;
  bool has_julian_ = false;
  bool has_date_ = false;
  bool has_time_ = false;
  bool is_raw_ = false;
  bool failed_ = false;
  bool is_utc_ = false;
  bool is_local_ = false;
  bool subsecond_ = false;
};

void Moment::Fail() {
  *this = Moment(now_);
  failed_ = true;
}

void Moment::SetNow() {
  julian_ms_ = now_ + kUnixEpochMs;
  has_julian_ = true;
  is_utc_ = true;
  is_local_ = false;
  DropFields();
}

void Moment::NeedJulian() {
  if (has_julian_) return;
  const Date date = has_date_ ? date_ : Date{2000, 1, 1};
  if (date.year < -4713 || date.year > 9999 || is_raw_) return Fail();
  julian_ms_ = DaysFromCivil(date) * kDayMs + kUnixEpochMs;
  has_julian_ = true;
  if (!has_time_) return;
  julian_ms_ +=
      hour_ * 3'600'000 + minute_ * 60'000 + static_cast<std::int64_t>(second_ * 1000 + 0.5);
  if (zone_minutes_ == 0) return;
  julian_ms_ -= zone_minutes_ * 60'000;
  DropFields();
  is_utc_ = true;
  is_local_ = false;
}

void Moment::NeedDate() {
  if (has_date_) return;
  if (!has_julian_) {
    date_ = {2000, 1, 1};
  } else if (julian_ms_ < 0 || julian_ms_ > kLastMs) {
    return Fail();
  } else {
    // Days begin at midnight, Julian days at noon.
    date_ =
        CivilFromDays((julian_ms_ + kHalfDayMs) / kDayMs - (kUnixEpochMs + kHalfDayMs) / kDayMs);
  }
  has_date_ = true;
}

void Moment::NeedTime() {
  if (has_time_) return;
  NeedJulian();
  const auto day_ms = static_cast<int>((julian_ms_ + kHalfDayMs) % kDayMs);
  second_ = day_ms % 60'000 / 1000.0;
  minute_ = day_ms / 60'000 % 60;
  hour_ = day_ms / 3'600'000;
  is_raw_ = false;
  has_time_ = true;
}

// ---- time values ----

bool Moment::Read(const ValueView& value) {
  switch (value.storage) {
    case StorageClass::kNull:
      return false;
    case StorageClass::kInteger:
      SetRaw(static_cast<double>(value.integer));
      return true;
    case StorageClass::kReal:
      SetRaw(value.real);
      return true;
    case StorageClass::kText:
      return ReadText(value.text.substr(0, value.text.find('\0')));
  }
  return false;
}

bool Moment::ReadText(std::string_view text) {
  if (ReadDateTime(Cursor(text)) || ReadTime(Cursor(text))) return true;
  if (EqualsIgnoreCase(text, "now")) {
    SetNow();
    return true;
  }
  if (const std::optional<double> number = ReadReal(text)) {
    SetRaw(*number);
    return true;
  }
  if (!EqualsIgnoreCase(text, "subsec") && !EqualsIgnoreCase(text, "subsecond")) return false;
  subsecond_ = true;
  SetNow();
  return true;
}

// A number is a Julian day when it can be one; `unixepoch` and `auto` still
// see the number itself.
void Moment::SetRaw(double value) {
  second_ = value;
  is_raw_ = true;
  if (value >= 0 && value < 5373484.5) {
    julian_ms_ = static_cast<std::int64_t>(value * static_cast<double>(kDayMs) + 0.5);
    has_julian_ = true;
  }
}

bool Moment::ReadDateTime(Cursor cursor) {
  const bool negative = cursor[0] == '-';
  if (negative) cursor.Skip(1);
  const auto year = cursor.Number(0, 4, 0, kYearMax);
  const auto month = cursor.Number(5, 2, 1, 12);
  const auto day = cursor.Number(8, 2, 1, 31);
  if (!year || !month || !day || cursor[4] != '-' || cursor[7] != '-') return false;
  cursor.Skip(10);
  while (IsSpace(cursor[0]) || cursor[0] == 'T') cursor.Skip(1);
  if (!ReadTime(cursor)) {
    if (!cursor.at_end()) return false;
    has_time_ = false;
  }
  has_julian_ = false;
  has_date_ = true;
  date_ = {negative ? -*year : *year, *month, *day};
  beyond_month_ = DaysBeyondMonth(date_);
  if (zone_minutes_ != 0) NeedJulian();
  return true;
}

// HH:MM, HH:MM:SS or HH:MM:SS.FFF, and a zone.
bool Moment::ReadTime(Cursor cursor) {
  const auto hour = cursor.Number(0, 2, 0, 24);
  const auto minute = cursor.Number(3, 2, 0, 59);
  if (!hour || !minute || cursor[2] != ':') return false;
  cursor.Skip(5);
  double second = 0;
  if (cursor[0] == ':') {
    const auto whole = cursor.Number(1, 2, 0, 59);
    if (!whole) return false;
    cursor.Skip(3);
    double fraction = 0;
    if (cursor[0] == '.' && IsDigit(cursor[1])) {
      double scale = 1;
      for (cursor.Skip(1); IsDigit(cursor[0]); cursor.Skip(1)) {
        fraction = fraction * 10 + (cursor[0] - '0');
        scale *= 10;
      }
      // No time of day ever rounds up to the next second.
      fraction = std::isnan(fraction / scale) ? 0.999 : std::min(fraction / scale, 0.999);
    }
    second = *whole + fraction;
  }
  has_julian_ = false;
  is_raw_ = false;
  has_time_ = true;
  hour_ = *hour;
  minute_ = *minute;
  second_ = second;
  return ReadZone(cursor);
}

// `Z`, +HH:MM, -HH:MM or nothing, up to the end.
bool Moment::ReadZone(Cursor cursor) {
  cursor.SkipSpace();
  zone_minutes_ = 0;
  const char c = cursor[0];
  if (c == 'Z' || c == 'z') {
    cursor.Skip(1);
    is_local_ = false;
    is_utc_ = true;
  } else if (c == '+' || c == '-') {
    const auto hour = cursor.Number(1, 2, 0, 14);
    const auto minute = cursor.Number(4, 2, 0, 59);
    if (!hour || !minute || cursor[3] != ':') return false;
    cursor.Skip(6);
    zone_minutes_ = (*hour * 60 + *minute) * (c == '-' ? -1 : 1);
    if (zone_minutes_ == 0) {
      is_local_ = false;
      is_utc_ = true;
    }
  } else {
    return cursor.at_end();
  }
  cursor.SkipSpace();
  return cursor.at_end();
}

// ---- modifiers ----

bool StartsWithIgnoreCase(std::string_view text, std::string_view prefix) {
  return EqualsIgnoreCase(text.substr(0, prefix.size()), prefix);
}

bool Moment::Modify(std::string_view text, std::size_t position) {
  if (text.empty()) return false;
  if (text[0] == '+' || text[0] == '-' || IsDigit(text[0])) return Shift(text);
  if (StartsWithIgnoreCase(text, "start of ")) return StartOf(text.substr(9));
  if (StartsWithIgnoreCase(text, "weekday ")) return Weekday(text.substr(8));
  if (EqualsIgnoreCase(text, "auto")) return Auto(position);
  if (EqualsIgnoreCase(text, "unixepoch")) return UnixEpoch(position);
  if (EqualsIgnoreCase(text, "julianday")) return JulianDay(position);
  if (EqualsIgnoreCase(text, "ceiling")) {
    NeedJulian();
    DropFields();
    beyond_month_ = 0;
  } else if (EqualsIgnoreCase(text, "floor")) {
    Floor();
  } else if (EqualsIgnoreCase(text, "localtime")) {
    if (!is_local_) ToLocal();
    is_utc_ = false;
    is_local_ = true;
  } else if (EqualsIgnoreCase(text, "utc")) {
    if (!is_utc_) ToUtc();
  } else if (EqualsIgnoreCase(text, "subsec") || EqualsIgnoreCase(text, "subsecond")) {
    subsecond_ = true;
  } else {
    return false;
  }
  return true;
}

void Moment::Floor() {
  NeedJulian();
  julian_ms_ -= beyond_month_ * kDayMs;
  DropFields();
}

// Seconds since 1970, rounded to milliseconds of a Julian day.
double JulianMsOfUnix(double seconds) {
  return seconds * 1000.0 + static_cast<double>(kUnixEpochMs);
}

bool Moment::Auto(std::size_t position) {
  if (position > 1) return false;
  if (!is_raw_ || has_julian_) {
    is_raw_ = false;
  } else if (second_ >= -210866760000.0 && second_ <= 253402300799.0) {
    julian_ms_ = static_cast<std::int64_t>(JulianMsOfUnix(second_) + 0.5);
    DropFields();
    has_julian_ = true;
    is_raw_ = false;
  }
  return true;
}

bool Moment::UnixEpoch(std::size_t position) {
  if (!is_raw_ || position > 1) return false;
  const double julian_ms = JulianMsOfUnix(second_);
  if (!(julian_ms >= 0 && julian_ms < 464269060800000.0)) return false;
  julian_ms_ = static_cast<std::int64_t>(julian_ms + 0.5);
  DropFields();
  has_julian_ = true;
  is_raw_ = false;
  return true;
}

bool Moment::JulianDay(std::size_t position) {
  if (position > 1 || !has_julian_ || !is_raw_) return false;
  is_raw_ = false;
  return true;
}

bool Moment::StartOf(std::string_view unit) {
  if (!has_julian_ && !has_date_ && !has_time_) return false;
  NeedDate();
  has_time_ = true;
  hour_ = minute_ = 0;
  second_ = 0;
  is_raw_ = false;
  zone_minutes_ = 0;
  has_julian_ = false;
  if (EqualsIgnoreCase(unit, "year")) {
    date_.month = date_.day = 1;
  } else if (EqualsIgnoreCase(unit, "month")) {
    date_.day = 1;
  } else {
    return EqualsIgnoreCase(unit, "day");
  }
  return true;
}

bool Moment::Weekday(std::string_view number) {
  const std::optional<double> wanted = ReadReal(number);
  if (!wanted || *wanted < 0 || *wanted >= 7 || *wanted != std::trunc(*wanted)) return false;
  NeedDate();
  NeedTime();
  zone_minutes_ = 0;
  has_julian_ = false;
  NeedJulian();
  const int today = DaysAfterSunday();
  const int days = static_cast<int>(*wanted) - today;
  julian_ms_ += (days < 0 ? days + 7 : days) * kDayMs;
  DropFields();
  return true;
}

// The C library knows the zones of 1970 to 2037 only; other years borrow the
// rules of a year there with the same leap day.
void Moment::ToLocal() {
  NeedJulian();
  Moment utc = *this;
  int years_moved = 0;
  if (julian_ms_ < 210'866'760'000'000 || julian_ms_ > 213'014'145'600'000) {
    utc.NeedDate();
    utc.NeedTime();
    years_moved = 2000 + utc.date_.year % 4 - utc.date_.year;
    utc.date_.year += years_moved;
    utc.has_julian_ = false;
    utc.NeedJulian();
  }
  const std::time_t seconds = utc.julian_ms_ / 1000 - kUnixEpochMs / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  date_ = {local.tm_year + 1900 - years_moved, local.tm_mon + 1, local.tm_mday};
  hour_ = local.tm_hour;
  minute_ = local.tm_min;
  second_ = local.tm_sec + static_cast<double>(julian_ms_ % 1000) * 0.001;
  has_date_ = has_time_ = true;
  has_julian_ = is_raw_ = failed_ = false;
  zone_minutes_ = 0;
}

// Guesses the moment whose local time is this one, and corrects the guess.
void Moment::ToUtc() {
  NeedJulian();
  const std::int64_t wanted = julian_ms_;
  std::int64_t guess = wanted;
  std::int64_t error = 0;
  int tries = 0;
  do {
    guess -= error;
    Moment local(now_);
    local.julian_ms_ = guess;
    local.has_julian_ = true;
    local.ToLocal();
    local.NeedJulian();
    error = local.julian_ms_ - wanted;
  } while (error != 0 && tries++ < 3);
  *this = Moment(now_);
  julian_ms_ = guess;
  has_julian_ = true;
  is_utc_ = true;
}

// `NNN units`, `+HH:MM:SS` or `+YYYY-MM-DD HH:MM:SS`.
bool Moment::Shift(std::string_view text) {
  const Cursor cursor(text);
  std::size_t size = 1;
  for (; size < text.size() && text[size] != ':' && !IsSpace(text[size]); ++size) {
    if (text[size] != '-') continue;
    if (size == 5 && cursor.Number(1, 4, 0, kYearMax)) break;
    if (size == 6 && cursor.Number(1, 5, 0, kYearMax)) break;
  }
  const std::optional<double> amount = ReadReal(text.substr(0, size));
  if (!amount) return false;
  if (cursor[size] == '-') {
    bool done = false;
    if (!ShiftByDate(cursor, size - 1, &done)) return false;
    if (done) return true;
    return ShiftByTime(Cursor(text.substr(size + 7)), text[0] == '-');
  }
  if (cursor[size] == ':')
    return ShiftByTime(Cursor(text.substr(IsDigit(text[0]) ? 0 : 1)), text[0] == '-');
  Cursor unit(text.substr(size));
  unit.SkipSpace();
  return ShiftByUnits(*amount, unit.text());
}

// The date part; `done` says that no time part follows.
bool Moment::ShiftByDate(Cursor cursor, std::size_t year_digits, bool* done) {
  const char sign = cursor[0];
  if (sign != '+' && sign != '-') return false;
  const std::size_t month_at = year_digits + 2;
  const auto years = cursor.Number(1, static_cast<int>(year_digits), 0, kYearMax);
  const auto months = cursor.Number(month_at, 2, 0, 11);
  const auto days = cursor.Number(month_at + 3, 2, 0, 30);
  if (!years || !months || !days || cursor[month_at + 2] != '-') return false;
  NeedDate();
  NeedTime();
  has_julian_ = false;
  const int direction = sign == '-' ? -1 : 1;
  date_.year += direction * *years;
  AddMonths(direction * *months);
  NeedJulian();
  has_date_ = has_time_ = false;
  julian_ms_ += direction * *days * kDayMs;
  const char next = cursor[month_at + 5];
  *done = next == '\0';
  return *done || (IsSpace(next) && cursor.Number(month_at + 6, 2, 0, 24) &&
                   cursor[month_at + 8] == ':' && cursor.Number(month_at + 9, 2, 0, 59));
}

bool Moment::ShiftByTime(Cursor cursor, bool back) {
  Moment shift(now_);
  if (!shift.ReadTime(cursor)) return false;
  shift.NeedJulian();
  const std::int64_t day_ms = (shift.julian_ms_ - kHalfDayMs) % kDayMs;
  NeedJulian();
  DropFields();
  julian_ms_ += back ? -day_ms : day_ms;
  return true;
}

void Moment::AddMonths(int months) {
  date_.month += months;
  const int years = date_.month > 0 ? (date_.month - 1) / 12 : (date_.month - 12) / 12;
  date_.year += years;
  date_.month -= years * 12;
  beyond_month_ = DaysBeyondMonth(date_);
}

// The limits are single-precision numbers, as SQLite keeps them.
struct Unit {
  std::string_view name;
  float amount_max;
  double seconds;
};
constexpr Unit kUnits[] = {
    {"second", 4.6427e+14F, 1}, {"minute", 7.7379e+12F, 60},   {"hour", 1.2897e+11F, 3600},
    {"day", 5373485.0F, 86400}, {"month", 176546.0F, 2592000}, {"year", 14713.0F, 31536000},
};

bool Moment::ShiftByUnits(double amount, std::string_view unit) {
  if (unit.size() < 3 || unit.size() > 10) return false;
  if (LowerAscii(unit.back()) == 's') unit.remove_suffix(1);
  const Unit* known = nullptr;
  for (const Unit& candidate : kUnits) {
    if (EqualsIgnoreCase(candidate.name, unit)) known = &candidate;
  }
  if (known == nullptr || !(std::abs(amount) < static_cast<double>(known->amount_max)))
    return false;
  NeedJulian();
  const double rounding = amount < 0 ? -0.5 : 0.5;
  beyond_month_ = 0;
  if (known->name == "month" || known->name == "year") {
    // Whole months and years move the calendar; the rest counts as days.
    const auto whole = static_cast<int>(amount);
    NeedDate();
    NeedTime();
    if (known->name == "year") {
      date_.year += whole;
      beyond_month_ = DaysBeyondMonth(date_);
    } else {
      AddMonths(whole);
    }
    has_julian_ = false;
    amount -= whole;
  }
  NeedJulian();
  julian_ms_ += static_cast<std::int64_t>(amount * 1000.0 * known->seconds + rounding);
  DropFields();
  return true;
}

bool Moment::Finish(std::size_t modifiers) {
  NeedJulian();
  if (failed_ || julian_ms_ < 0 || julian_ms_ > kLastMs) return false;
  // Only without any modifier is 2023-02-31 put right.
  if (modifiers == 0 && has_date_ && date_.day > 28) has_date_ = false;
  NeedDate();
  NeedTime();
  return true;
}

// ---- printing ----

int Moment::DayOfYear() const {
  Moment new_year = *this;
  new_year.has_julian_ = false;
  new_year.date_.month = new_year.date_.day = 1;
  new_year.NeedJulian();
  return static_cast<int>((julian_ms_ - new_year.julian_ms_ + kHalfDayMs) / kDayMs);
}

Moment Moment::ThursdayOfWeek() const {
  Moment thursday = *this;
  thursday.julian_ms_ += (3 - DaysAfterMonday()) * kDayMs;
  thursday.has_date_ = false;
  thursday.NeedDate();
  return thursday;
}

void AppendPadded(std::string* out, const char* format, int value) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, format, value);
  *out += buffer;
}

// SS.SSS with halves rounded up, which printf does not promise.
void AppendSeconds(std::string* out, double second) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.25f", second);
  const char* point = std::strchr(digits, '.');
  int ms = static_cast<int>(second) * 1000;
  ms +=
      (point[1] - '0') * 100 + (point[2] - '0') * 10 + (point[3] - '0') + (point[4] >= '5' ? 1 : 0);
  AppendPadded(out, "%02d.", ms / 1000);
  AppendPadded(out, "%03d", ms % 1000);
}

// Seconds since 1970, with milliseconds.
void AppendUnixSubseconds(std::string* out, std::int64_t unix_ms) {
  if (unix_ms < 0) out->push_back('-');
  const std::int64_t magnitude = unix_ms < 0 ? -unix_ms : unix_ms;
  *out += std::to_string(magnitude / 1000) + ".";
  AppendPadded(out, "%03d", static_cast<int>(magnitude % 1000));
}

int TwelveHour(int hour) {
  const int twelve = hour > 12 ? hour - 12 : hour;
  return twelve == 0 ? 12 : twelve;
}

// False for an unknown letter.
bool Moment::FormatOne(char letter, std::string* out) {
  char buffer[40];
  switch (letter) {
    case 'd':
      AppendPadded(out, "%02d", date_.day);
      return true;
    case 'e':
      AppendPadded(out, "%2d", date_.day);
      return true;
    case 'f':
      AppendSeconds(out, second_);
      return true;
    case 'F':
      return FormatOne('Y', out) && (out->push_back('-'), FormatOne('m', out)) &&
             (out->push_back('-'), FormatOne('d', out));
    case 'G':
      AppendPadded(out, "%04d", ThursdayOfWeek().date_.year);
      return true;
    case 'g':
      AppendPadded(out, "%02d", ThursdayOfWeek().date_.year % 100);
      return true;
    case 'H':
      AppendPadded(out, "%02d", hour_);
      return true;
    case 'k':
      AppendPadded(out, "%2d", hour_);
      return true;
    case 'I':
      AppendPadded(out, "%02d", TwelveHour(hour_));
      return true;
    case 'l':
      AppendPadded(out, "%2d", TwelveHour(hour_));
      return true;
    case 'j':
      AppendPadded(out, "%03d", DayOfYear() + 1);
      return true;
    case 'J':
      *out +=
          SixteenDigitText(static_cast<double>(julian_ms_) / static_cast<double>(kDayMs), buffer);
      return true;
    case 'm':
      AppendPadded(out, "%02d", date_.month);
      return true;
    case 'M':
      AppendPadded(out, "%02d", minute_);
      return true;
    case 'p':
      *out += hour_ >= 12 ? "PM" : "AM";
      return true;
    case 'P':
      *out += hour_ >= 12 ? "pm" : "am";
      return true;
    case 'R':
      return FormatOne('H', out) && (out->push_back(':'), FormatOne('M', out));
    case 's':
      if (subsecond_) {
        AppendUnixSubseconds(out, julian_ms_ - kUnixEpochMs);
      } else {
        *out += std::to_string(julian_ms_ / 1000 - kUnixEpochMs / 1000);
      }
      return true;
    case 'S':
      AppendPadded(out, "%02d", static_cast<int>(second_));
      return true;
    case 'T':
      return FormatOne('R', out) && (out->push_back(':'), FormatOne('S', out));
    case 'u':
      AppendPadded(out, "%d", DaysAfterMonday() + 1);
      return true;
    case 'w':
      AppendPadded(out, "%d", DaysAfterSunday());
      return true;
    case 'U':
      AppendPadded(out, "%02d", (DayOfYear() - DaysAfterSunday() + 7) / 7);
      return true;
    case 'V':
      AppendPadded(out, "%02d", ThursdayOfWeek().DayOfYear() / 7 + 1);
      return true;
    case 'W':
      AppendPadded(out, "%02d", (DayOfYear() - DaysAfterMonday() + 7) / 7);
      return true;
    case 'Y':
      AppendPadded(out, "%04d", date_.year);
      return true;
    case '%':
      out->push_back('%');
      return true;
    default:
      return false;
  }
}

bool Moment::Format(std::string_view format, std::string* out) {
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out->push_back(format[i]);
    } else if (++i == format.size() || !FormatOne(format[i], out)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool Strftime(std::span<const ValueView> arguments, std::int64_t now, std::string* result) {
  result->clear();
  if (arguments.empty() || arguments[0].is_null()) return false;
  char buffer[32];
  Moment moment(now);
  if (arguments.size() == 1) {
    moment.SetNow();
  } else if (!moment.Read(arguments[1])) {
    return false;
  }
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const std::optional<std::string_view> modifier = TextOf(arguments[i], buffer);
    if (!modifier || !moment.Modify(modifier->substr(0, modifier->find('\0')), i - 1)) return false;
  }
  if (!moment.Finish(arguments.size() < 2 ? 0 : arguments.size() - 2)) return false;
  const std::string_view format = *TextOf(arguments[0], buffer);
  return moment.Format(format.substr(0, format.find('\0')), result);
}

}  // namespace sluice
