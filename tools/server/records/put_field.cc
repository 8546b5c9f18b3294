// Tested by tests/server/records_field_json_test.cc, against AppendFieldJson.
#include "tools/server/records/put_field.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tools/server/json/json_text.h"
#include "tools/server/records/date_text.h"
#include "tools/server/records/json_check.h"
#include "tools/server/records/plain_json.h"

namespace sluice::records {
namespace {

constexpr std::size_t kFixedRoom = 2 + json::kNumberRoom;  // brackets, numbers, words

char* Put(char* out, std::string_view text) {
  return std::copy_n(text.data(), text.size(), out);  // of an empty one there may be no data
}

char* PutNumberField(char* out, const ValueView& value) {
  switch (value.storage) {
    case StorageClass::kNull:
      return Put(out, "0");
    case StorageClass::kInteger:
      return json::PutNumber(out, static_cast<double>(value.integer));
    case StorageClass::kReal:
      return std::isfinite(value.real) ? json::PutNumber(out, value.real) : nullptr;
    case StorageClass::kText:
      return nullptr;
  }
  return nullptr;
}

char* PutBoolField(char* out, const ValueView& value) {
  if (value.storage != StorageClass::kInteger) return nullptr;
  return Put(out, value.integer == 1 ? "true" : "false");
}

char* PutDateField(char* out, std::string_view text) {
  if (!text.empty() && !IsNormalDate(text)) return nullptr;
  *out++ = '"';
  out = Put(out, text);
  *out++ = '"';
  return out;
}

char* PutListField(char* out, std::string_view text, bool multiple) {
  constexpr std::size_t kFewBytes = 1024;  // repetitions are looked for pair by pair
  if (text.empty() || text == "[]") return Put(out, multiple ? "[]" : "\"\"");
  if (std::memchr(text.data(), '[', text.size()) == nullptr) {
    if (!multiple) return json::PutString(out, text);
    *out++ = '[';
    out = json::PutString(out, text);
    *out++ = ']';
    return out;
  }
  absl::InlinedVector<std::string_view, 8> values;
  if (text.size() > kFewBytes || !ReadPlainList(text, values)) return nullptr;
  // Of several, repetitions decide which is the last.
  if (!multiple) return values.size() == 1 ? json::PutString(out, values[0]) : nullptr;
  *out++ = '[';
  for (auto value = values.begin(); value != values.end(); ++value) {
    if (std::find(values.begin(), value, *value) != value) continue;
    if (value != values.begin()) *out++ = ',';
    *out++ = '"';
    out = Put(out, *value);
    *out++ = '"';
  }
  *out++ = ']';
  return out;
}

char* PutJsonField(char* out, const ValueView& value) {
  const std::string_view text = value.text;
  if (value.storage == StorageClass::kNull || text == "null") return Put(out, "null");
  const bool text_of_container =
      value.storage == StorageClass::kText && !text.empty() && (text[0] == '{' || text[0] == '[');
  return text_of_container ? PutCompactJson(out, text) : nullptr;
}

}  // namespace

std::size_t PlainFieldRoom(const ValueView& value) {
  return json::StringRoom(value.text.size()) + kFixedRoom;
}

char* PutPlainField(char* out, const Field& field, const ValueView& value) {
  const bool text = value.storage == StorageClass::kText || value.storage == StorageClass::kNull;
  switch (field.type) {
    case FieldType::kText:
    case FieldType::kEmail:
    case FieldType::kUrl:
    case FieldType::kEditor:
      return text ? json::PutString(out, value.text) : nullptr;
    case FieldType::kNumber:
      return PutNumberField(out, value);
    case FieldType::kBool:
      return PutBoolField(out, value);
    case FieldType::kDate:
    case FieldType::kAutodate:
      return text ? PutDateField(out, value.text) : nullptr;
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile:
      return text ? PutListField(out, value.text, field.multiple()) : nullptr;
    case FieldType::kGeoPoint:
      return text && IsPlainPoint(value.text) ? Put(out, value.text) : nullptr;
    case FieldType::kJson:
      return PutJsonField(out, value);
    case FieldType::kPassword:
      return Put(out, "\"\"");
  }
  return nullptr;
}

}  // namespace sluice::records
