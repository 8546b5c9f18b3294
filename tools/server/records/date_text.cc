// A table of layouts and a small parser for them that has the habits of the
// peer's: runs of blanks count as one, hours may have one digit, a fraction
// may follow any seconds, zone names mean nothing. The normal form itself,
// which is what nearly every row holds, is recognised without it.
// Tested by tests/server/records_date_text_test.cc.
#include "tools/server/records/date_text.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "sluice/strings.h"
#include "tools/server/json/json_text.h"

namespace sluice::records {
namespace {

// %Y year  %y its last two digits  %m month  %b Jan  %d day  %e day, blank or
// one digit allowed  %a Mon  %A Monday  %H hour  %I 12-hour  %p AM or PM
// %M minute  %S second and fraction  %L second and exactly .mmm
// %z ±hhmm  %c ±hh:mm  %x Z or ±hhmm  %X Z or ±hh:mm  %Z zone name
// R-80, in its order: the first that matches decides.
constexpr std::string_view kLayouts[] = {
    "%Y-%m-%d %H:%M:%LZ",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S%X",
    "%Y-%m-%dT%H:%M:%S",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %Z",
    "%d %b %y %H:%M %z",
    "%d %b %y %H:%M %Z",
    "%A, %d-%b-%y %H:%M:%S %Z",
    "%Y-%m-%d %H:%M:%S %z %Z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%x",
    "%Y-%m-%d %H:%M:%S",
    "%a %b %e %H:%M:%S %Y",
    "%a %b %e %H:%M:%S %Z %Y",
    "%a %b %d %H:%M:%S %z %Y",
    "%Y-%m-%d %H:%M:%S%X",
    "%d %b %Y",
    "%Y-%m-%d %H:%M:%S %c",
    "%Y-%m-%d %H:%M:%S %z",
    "%I:%M%p",
    "%b %e %H:%M:%S",
};

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::size_t kShortName = 3;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct DateTime {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0;
  bool finer = false;  // the fraction is not zero
  int offset_seconds = 0;
};

bool IsLeapYear(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysIn(int month, int year) {
  constexpr int kDaysIn[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDaysIn[month - 1];
}

// Reads one text by one layout.
class LayoutReader {
 public:
  LayoutReader(std::string_view text, std::string_view layout) : text_(text), layout_(layout) {}

  bool Read(DateTime& date) {
    while (!layout_.empty()) {
      const bool ok = layout_[0] == '%' ? ReadItem(date) : ReadLiteral();
      if (!ok) {
        return false;
      }
    }
    if (afternoon_ && date.hour < 12) {
      date.hour += 12;
    } else if (morning_ && date.hour == 12) {
      date.hour = 0;
    }
    return text_.empty() && date.day >= 1 && date.day <= DaysIn(date.month, date.year);
  }

 private:
  // One character, or a blank for any number of blanks, which may be missing
  // at the end of the text.
  bool ReadLiteral() {
    const char c = layout_[0];
    layout_.remove_prefix(1);
    if (c == ' ') {
      if (!text_.empty() && text_[0] != ' ') {
        return false;
      }
      text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size()));
      return true;
    }
    return Take(c);
  }

  bool ReadItem(DateTime& date) {
    const char item = layout_[1];
    layout_.remove_prefix(2);
    switch (item) {
      case 'Y':
        return ReadYear(date.year);
      case 'y':
        return ReadShortYear(date.year);
      case 'm':
        return ReadNumber(date.month, true) && InRange(date.month, 1, 12);
      case 'b':
        return ReadName(kMonths, kShortName, date.month);
      case 'd':
        return ReadNumber(date.day, true);
      case 'e':
        return (Take(' '), ReadNumber(date.day, false));
      case 'a':
        return ReadName(kDays, kShortName, ignored_);
      case 'A':
        return ReadName(kDays, std::string_view::npos, ignored_);
      case 'H':
        return ReadNumber(date.hour, false) && InRange(date.hour, 0, 23);
      case 'I':
        return ReadNumber(date.hour, false) && InRange(date.hour, 0, 12);
      case 'p':
        return ReadHalf();
      case 'M':
        return ReadNumber(date.minute, true) && InRange(date.minute, 0, 59);
      case 'S':
        return ReadSecond(date) && (ReadFraction(date), true);
      case 'L':
        return ReadSecond(date) && ReadMilliseconds(date);
      case 'Z':
        return ReadZoneName(date);
      default:
        return ReadOffset(item, date);
    }
  }

  static bool InRange(int value, int low, int high) { return value >= low && value <= high; }

  bool Take(char c) {
    const bool there = !text_.empty() && text_[0] == c;
    text_.remove_prefix(there ? 1 : 0);
    return there;
  }

  bool DigitAt(std::size_t i) const { return i < text_.size() && IsDigit(text_[i]); }

  // Two digits, or one where that is enough.
  bool ReadNumber(int& value, bool two_digits) {
    if (!DigitAt(0) || (two_digits && !DigitAt(1))) {
      return false;
    }
    const std::size_t length = DigitAt(1) ? 2 : 1;
    value = 0;
    for (const char c : text_.substr(0, length)) {
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(length);
    return true;
  }

  bool ReadYear(int& year) {
    int century = 0;
    int rest = 0;
    if (!ReadNumber(century, true) || !ReadNumber(rest, true)) {
      return false;
    }
    year = century * 100 + rest;
    return true;
  }

  // Also takes a sign and one digit, as the peer's does.
  bool ReadShortYear(int& year) {
    const bool sign = !text_.empty() && (text_[0] == '+' || text_[0] == '-');
    if (sign && DigitAt(1)) {
      year = text_[0] == '-' ? '0' - text_[1] : text_[1] - '0';
      text_.remove_prefix(2);
    } else if (!ReadNumber(year, true)) {
      return false;
    }
    year += year >= 69 ? 1900 : 2000;
    return true;
  }

  // The index from 1 of the name, in any case, that starts the text.
  template <std::size_t kCount>
  bool ReadName(const std::array<std::string_view, kCount>& names, std::size_t length, int& index) {
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::string_view name = names[i].substr(0, length);
      if (EqualsIgnoreCase(text_.substr(0, name.size()), name)) {
        text_.remove_prefix(name.size());
        index = static_cast<int>(i) + 1;
        return true;
      }
    }
    return false;
  }

  bool ReadHalf() {
    afternoon_ = text_.starts_with("PM");
    morning_ = text_.starts_with("AM");
    text_.remove_prefix(afternoon_ || morning_ ? 2 : 0);
    return afternoon_ || morning_;
  }

  bool ReadSecond(DateTime& date) {
    return ReadNumber(date.second, true) && InRange(date.second, 0, 59);
  }

  bool AtFraction() const {
    return !text_.empty() && (text_[0] == '.' || text_[0] == ',') && DigitAt(1);
  }

  // A point or comma and any number of digits; those after the ninth are lost.
  void ReadFraction(DateTime& date) {
    if (!AtFraction()) {
      return;
    }
    std::size_t i = 1;
    for (int scale = 100; DigitAt(i); ++i, scale /= 10) {
      const int digit = text_[i] - '0';
      date.millisecond += digit * scale;
      date.finer = date.finer || (digit != 0 && i <= 9);
    }
    text_.remove_prefix(i);
  }

  bool ReadMilliseconds(DateTime& date) {
    if (!AtFraction() || !DigitAt(2) || !DigitAt(3) || DigitAt(4)) {
      return false;
    }
    ReadFraction(date);
    return true;
  }

  bool ReadOffset(char item, DateTime& date) {
    has_offset_ = true;
    const bool colon = item == 'c' || item == 'X';
    if ((item == 'x' || item == 'X') && Take('Z')) {
      return true;
    }
    const bool west = !text_.empty() && text_[0] == '-';
    int hours = 0;
    int minutes = 0;
    // 24 hours and 60 minutes pass.
    const bool ok = (Take('+') || Take('-')) && ReadNumber(hours, true) && InRange(hours, 0, 24) &&
                    (!colon || Take(':')) && ReadNumber(minutes, true) && InRange(minutes, 0, 60);
    date.offset_seconds = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
    return ok;
  }

  // A sign and a number up to 23, as in GMT+3; its length, or 0.
  std::size_t SignedHoursLength(std::size_t at) const {
    if (at >= text_.size() || (text_[at] != '+' && text_[at] != '-')) {
      return 0;
    }
    int hours = 0;
    std::size_t i = at + 1;
    for (; DigitAt(i); ++i) {
      hours = std::min(hours * 10 + (text_[i] - '0'), 1000);
    }
    return i == at + 1 || hours > 23 ? 0 : i - at;
  }

  std::size_t ZoneNameLength() const {
    if (text_.size() < 3) {
      return 0;
    }
    if (text_.starts_with("ChST") || text_.starts_with("MeST")) {
      return 4;
    }
    if (text_.starts_with("GMT")) {
      return 3 + SignedHoursLength(3);
    }
    if (text_[0] == '+' || text_[0] == '-') {
      return SignedHoursLength(0);
    }
    std::size_t upper = 0;
    while (upper < text_.size() && text_[upper] >= 'A' && text_[upper] <= 'Z') {
      ++upper;
    }
    const bool fits = upper == 3 || (upper == 5 && text_[4] == 'T') ||
                      (upper == 4 && (text_[3] == 'T' || text_.starts_with("WITA")));
    return fits ? upper : 0;
  }

  // What the zone is called has no meaning, but UTC overrules an offset, and
  // GMT+3 without one is read as 3 hours later, not earlier, as the peer does.
  bool ReadZoneName(DateTime& date) {
    if (text_.starts_with("UTC")) {
      text_.remove_prefix(3);
      date.offset_seconds = 0;
      return true;
    }
    const std::size_t length = ZoneNameLength();
    if (length > 3 && text_.starts_with("GMT") && !has_offset_) {
      int hours = 0;
      for (const char c : text_.substr(4, length - 4)) {
        hours = hours * 10 + (c - '0');
      }
      date.offset_seconds = hours * 60 * 60 * (text_[3] == '-' ? 1 : -1);
    }
    text_.remove_prefix(length);
    return length != 0;
  }

  std::string_view text_;
  std::string_view layout_;
  bool has_offset_ = false;
  bool morning_ = false;
  bool afternoon_ = false;
  int ignored_ = 0;
};

// Moves `date` to UTC; an offset is at most a day and an hour.
void ApplyOffset(DateTime& date) {
  int seconds = (date.hour * 60 + date.minute) * 60 + date.second - date.offset_seconds;
  constexpr int kDay = 24 * 60 * 60;
  for (; seconds < 0; seconds += kDay) {
    if (--date.day == 0) {
      date.month = date.month == 1 ? 12 : date.month - 1;
      date.year -= date.month == 12 ? 1 : 0;
      date.day = DaysIn(date.month, date.year);
    }
  }
  for (; seconds >= kDay; seconds -= kDay) {
    if (++date.day > DaysIn(date.month, date.year)) {
      date.day = 1;
      date.month = date.month == 12 ? 1 : date.month + 1;
      date.year += date.month == 1 ? 1 : 0;
    }
  }
  date.hour = seconds / 3600;
  date.minute = seconds / 60 % 60;
  date.second = seconds % 60;
}

void AppendPadded(std::string& out, int value, std::size_t width) {
  if (value < 0) {
    out += '-';
    value = -value;
  }
  const std::string digits = std::to_string(value);
  out.append(width - std::min(width, digits.size()), '0');
  out += digits;
}

void AppendNormalForm(std::string& out, const DateTime& date) {
  AppendPadded(out, date.year, 4);
  out += '-';
  AppendPadded(out, date.month, 2);
  out += '-';
  AppendPadded(out, date.day, 2);
  out += ' ';
  AppendPadded(out, date.hour, 2);
  out += ':';
  AppendPadded(out, date.minute, 2);
  out += ':';
  AppendPadded(out, date.second, 2);
  out += '.';
  AppendPadded(out, date.millisecond, 3);
  out += 'Z';
}

constexpr std::string_view kEmptyDate = "0001-01-01 00:00:00.000Z";

// Eight bytes at a time. A byte xor that of the shape is at most 9 for a digit
// where `0` stands, and 0 where a sign does; what is added lifts any more than
// that to 0x80.
bool HasShapeOfNormalForm(const char* text) {
  constexpr char kShape[] = "0000-00-00 00:00:00.000Z";
  constexpr auto kRoom = [&] {
    std::array<char, sizeof kShape - 1> room{};
    for (std::size_t i = 0; i < room.size(); ++i) room[i] = kShape[i] == '0' ? 0x76 : 0x7F;
    return room;
  }();
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  std::uint64_t beyond = 0;
  for (std::size_t i = 0; i < sizeof kShape - 1; i += sizeof beyond) {
    std::uint64_t shape = 0;
    std::uint64_t bytes = 0;
    std::memcpy(&shape, kShape + i, sizeof shape);
    std::memcpy(&bytes, text + i, sizeof bytes);
    std::uint64_t room = 0;
    std::memcpy(&room, kRoom.data() + i, sizeof room);
    const std::uint64_t apart = bytes ^ shape;
    beyond |= (apart | (apart + room)) & kHigh;
  }
  return beyond == 0;
}

}  // namespace

bool IsNormalDate(std::string_view text) {
  if (text.size() != kEmptyDate.size() || !HasShapeOfNormalForm(text.data()) ||
      text == kEmptyDate) {
    return false;
  }
  const auto two = [&](std::size_t i) { return (text[i] - '0') * 10 + (text[i + 1] - '0'); };
  const int month = two(5);
  const int day = two(8);
  return month >= 1 && month <= 12 && day >= 1 && two(11) < 24 && two(14) < 60 && two(17) < 60 &&
         (day <= 28 || day <= DaysIn(month, two(0) * 100 + two(2)));
}

bool AppendDate(std::string& out, std::string_view text) {
  if (IsNormalDate(text)) {
    out += text;
    return true;
  }
  for (const std::string_view layout : kLayouts) {
    DateTime date;
    if (!LayoutReader(text, layout).Read(date)) {
      continue;
    }
    ApplyOffset(date);
    const std::size_t before = out.size();
    AppendNormalForm(out, date);
    if (!date.finer && std::string_view(out).substr(before) == kEmptyDate) {
      out.resize(before);
      return false;
    }
    return true;
  }
  return false;
}

void NormalizeDate(std::string_view text, std::string& out) {
  out.clear();
  AppendDate(out, text);
}

}  // namespace sluice::records
