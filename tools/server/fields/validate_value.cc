// Numbers, bools, dates and points.
// Tested by tests/server/fields_validate_value_test.cc.
#include <cmath>
#include <string>

#include "tools/server/fields/checks.h"

namespace sluice::fields {
namespace {

bool IsInt64(double number) {
  constexpr double kEnd = 9223372036854775808.0;
  return std::trunc(number) == number && number >= -kEnd && number < kEnd;
}

// Whether one date, in normal form, is before another. Years have four digits,
// or more past 9999.
bool IsBefore(std::string_view a, std::string_view b) {
  if (a.starts_with('-') || b.starts_with('-')) return a.starts_with('-') && !b.starts_with('-');
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// A date in normal form with `between` for its blank, without the zeros that
// end its fraction and without its zone.
std::string WithoutZone(std::string_view date, char between) {
  std::string text(date.substr(0, date.find('Z')));
  if (const std::size_t blank = text.find(' '); blank != text.npos) text[blank] = between;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

http::ErrorEntry DateMistake(std::string_view code, std::string_view message,
                             std::string_view threshold) {
  return {.code = std::string(code),
          .message = std::string(message) + WithoutZone(threshold, ' ') + " +0000 UTC.",
          .params = {{"threshold", WithoutZone(threshold, 'T') + "Z"}}};
}

}  // namespace

Mistake CheckNumber(const Subject& subject) {
  const double number = subject.value.number;
  const FieldOptions& options = subject.options;
  if (!std::isfinite(number)) {
    return http::ErrorEntry{.code = "validation_not_a_number",
                            .message = "The submitted number is not properly formatted."};
  }
  if (number == 0) return BlankIfRequired(subject);
  if (options.only_int && !IsInt64(number)) {
    return http::ErrorEntry{.code = "validation_only_int_constraint",
                            .message = "Decimal numbers are not allowed."};
  }
  if (options.number_min && number < *options.number_min) {
    return http::ErrorEntry{.code = "validation_min_number_constraint",
                            .message = "Must be greater or equal than {{.min}}.",
                            .params = {{"min", *options.number_min}}};
  }
  if (options.number_max && number > *options.number_max) {
    return http::ErrorEntry{.code = "validation_max_number_constraint",
                            .message = "Must be less or equal than {{.max}}.",
                            .params = {{"max", *options.number_max}}};
  }
  return std::nullopt;
}

Mistake CheckBool(const Subject& subject) {
  return subject.value.boolean ? std::nullopt : BlankIfRequired(subject);
}

Mistake CheckDate(const Subject& subject) {
  const std::string& date = subject.value.text;
  const FieldOptions& options = subject.options;
  if (date.empty()) return BlankIfRequired(subject);
  if (!options.date_min.empty() && IsBefore(date, options.date_min)) {
    return DateMistake("validation_min_greater_equal_than_required", "Must be no less than ",
                       options.date_min);
  }
  if (!options.date_max.empty() && IsBefore(options.date_max, date)) {
    return DateMistake("validation_max_less_equal_than_required", "Must be no greater than ",
                       options.date_max);
  }
  return std::nullopt;
}

Mistake CheckGeoPoint(const Subject& subject) {
  const FieldValue& point = subject.value;
  if (point.lon == 0 && point.lat == 0) return BlankIfRequired(subject);
  if (!(std::fabs(point.lat) <= 90)) {
    return http::ErrorEntry{.code = "validation_invalid_latitude",
                            .message = "Latitude must be between -90 and 90 degrees."};
  }
  if (!(std::fabs(point.lon) <= 180)) {
    return http::ErrorEntry{.code = "validation_invalid_longitude",
                            .message = "Longitude must be between -180 and 180 degrees."};
  }
  return std::nullopt;
}

}  // namespace sluice::fields
