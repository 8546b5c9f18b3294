// Stored values to response JSON: the reading half of every record. Nothing
// here needs the database; a caller fills a StoredValue from a result column.
// Pure and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"

#include "sluice/schema.h"
#include "sluice/status.h"

namespace sluice::records {

// A view of one column of one row; valid as long as what `text` points to.
struct StoredValue {
  enum class Kind : std::uint8_t { kNull, kInteger, kReal, kText, kBlob };

  Kind kind = Kind::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text;  // kText and kBlob

  static StoredValue Null() { return {}; }
  static StoredValue Integer(std::int64_t value) { return {Kind::kInteger, value, 0, {}}; }
  static StoredValue Real(double value) { return {Kind::kReal, 0, value, {}}; }
  static StoredValue Text(std::string_view value) { return {Kind::kText, 0, 0, value}; }
  static StoredValue Blob(std::string_view value) { return {Kind::kBlob, 0, 0, value}; }
};

// Appends what `value`, stored in a column of `field`, is in a response (S-42,
// Fails in two cases, with `out` as before:
//   kDataLoss    a geoPoint that cannot be read: the record is unreadable, so a
//                view is 404 and a list 400 (F-80)
//   kOutOfRange  an infinity or NaN in a number field, which JSON cannot spell:
//                the peer answers 200 with an empty body (S-42)
Status AppendFieldJson(std::string& out, const Field& field, const StoredValue& value);

// The decoders behind it, for those who need values and not JSON: expand,
// files, rules.

// The text that every field first takes its value as; NULL is empty (S-42).
// The result views `value` or `buffer`.
std::string_view LoadedText(const StoredValue& value, std::string& buffer);

// The words of R-49: 1, t, T, TRUE, true, True.
bool ParseBoolText(std::string_view text);

struct GeoPoint {
  double lon = 0;
  double lat = 0;
};

// Empty text and null are 0,0; false when the text cannot be read (F-80).
bool ParseGeoPoint(std::string_view text, GeoPoint& point);

// The values of a stored select, relation or file, single or multiple: R-51's
// list of a text, without empty values and repetitions. A single field's value
// is the last one, or empty. Reusable, to keep its memory.
class ValueList {
 public:
  using Values = absl::InlinedVector<std::string_view, 8>;

  ValueList() = default;
  ValueList(const ValueList&) = delete;
  ValueList& operator=(const ValueList&) = delete;

  // Reads `text`; the values view it or this object until the next call.
  void Assign(std::string_view text);

  const Values& values() const { return values_; }
  std::string_view last() const { return values_.empty() ? std::string_view() : values_.back(); }

 private:
  void AssignArray(std::string_view text);
  void RemoveRepetitions();

  Values values_;
  std::string decoded_;  // what values with escapes stand for
};

// Appends the JSON that a json field makes of a text (R-92, S-42): the text's
// own JSON, compacted, where it is one and starts like one, else a string with
// the escapes of quoted_text.h. A text that the peer cannot quote, whose answer
// is an empty body, is a plain JSON string here.
void AppendJsonOfText(std::string& out, std::string_view text);

}  // namespace sluice::records
