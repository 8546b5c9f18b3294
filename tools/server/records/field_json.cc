// One switch over the field types; each decoder takes the value as text, as
// the peer does, and skips that step where the text cannot matter.
// Tested by tests/server/records_field_json_test.cc.
#include "tools/server/records/field_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

#include "absl/container/flat_hash_set.h"

#include "sluice/strings.h"
#include "tools/server/json/json_text.h"
#include "tools/server/records/date_text.h"
#include "tools/server/records/json_check.h"
#include "tools/server/records/json_walk.h"
#include "tools/server/records/number_text.h"
#include "tools/server/records/plain_json.h"
#include "tools/server/records/quoted_text.h"

namespace sluice::records {
namespace {

using Kind = StoredValue::Kind;

bool HasBytes(const StoredValue& value) {
  return value.kind == Kind::kText || value.kind == Kind::kBlob;
}

void AppendTextField(std::string& out, const StoredValue& value) {
  std::string buffer;
  json::AppendString(out, LoadedText(value, buffer));
}

double NumberOf(const StoredValue& value) {
  switch (value.kind) {
    case Kind::kNull:
      return 0;
    case Kind::kInteger:
      return static_cast<double>(value.integer);
    case Kind::kReal:
      return value.real;
    case Kind::kText:
    case Kind::kBlob:
      return ParseNumberText(value.text).value_or(0);
  }
  return 0;
}

Status AppendNumberField(std::string& out, const StoredValue& value) {
  const double number = NumberOf(value);
  if (!std::isfinite(number)) {
    return absl::OutOfRangeError("a number field holds an infinity or NaN");
  }
  json::AppendNumber(out, number);
  return absl::OkStatus();
}

void AppendBoolField(std::string& out, const StoredValue& value) {
  std::string buffer;
  out += ParseBoolText(LoadedText(value, buffer)) ? "true" : "false";
}

void AppendDateField(std::string& out, const StoredValue& value) {
  out += '"';
  if (HasBytes(value)) {  // No number looks like a date.
    AppendDate(out, value.text);
  }
  out += '"';
}

void AppendListField(std::string& out, const StoredValue& value, bool multiple) {
  std::string buffer;
  const std::string_view text = LoadedText(value, buffer);
  if (text == "[]" || text.empty()) {
    out += multiple ? "[]" : "\"\"";
    return;
  }
  if (text.find('[') == std::string_view::npos) {
    out += multiple ? "[" : "";
    json::AppendString(out, text);
    out += multiple ? "]" : "";
    return;
  }
  ValueList list;
  list.Assign(text);
  if (!multiple) {
    json::AppendString(out, list.last());
    return;
  }
  out += '[';
  for (std::size_t i = 0; i < list.values().size(); ++i) {
    out += i == 0 ? "" : ",";
    json::AppendString(out, list.values()[i]);
  }
  out += ']';
}

void AppendJsonField(std::string& out, const StoredValue& value) {
  if (value.kind == Kind::kNull) {
    out += "null";
  } else if (value.kind == Kind::kInteger) {
    json::AppendInteger(out, value.integer);
  } else {
    std::string buffer;
    AppendJsonOfText(out, LoadedText(value, buffer));
  }
}

Status AppendGeoPointField(std::string& out, const StoredValue& value) {
  std::string buffer;
  const std::string_view text = LoadedText(value, buffer);
  if (IsPlainPoint(text)) {
    out += text;
    return absl::OkStatus();
  }
  GeoPoint point;
  if (!ParseGeoPoint(text, point)) {
    return absl::DataLossError("a geoPoint field holds no point");
  }
  out += R"({"lon":)";
  json::AppendNumber(out, point.lon);
  out += R"(,"lat":)";
  json::AppendNumber(out, point.lat);
  out += '}';
  return absl::OkStatus();
}

// Counts the containers around the walker's place.
class DepthHandler : public JsonHandler {
 public:
  void BeginObject() { ++depth_; }
  void EndObject() { --depth_; }
  void BeginArray() { ++depth_; }
  void EndArray() { --depth_; }

 protected:
  std::size_t depth_ = 0;
};

// Collects the members of a point; whatever else it meets at the place of the
// object or of a coordinate makes the point unreadable.
class PointReader : public DepthHandler {
 public:
  explicit PointReader(GeoPoint& point) : point_(point) {}
  bool readable() const { return readable_; }

  void BeginObject() {
    readable_ = readable_ && target_ == nullptr;
    DepthHandler::BeginObject();
  }
  void BeginArray() {
    readable_ = readable_ && depth_ != 0 && target_ == nullptr;
    DepthHandler::BeginArray();
  }
  void Key(const JsonString& key) {
    if (depth_ == 1) {
      target_ = Target(key);
    }
  }
  void String(const JsonString& /*text*/) { Unreadable(); }
  void Number(std::string_view spelling) {
    if (depth_ == 0) {
      readable_ = false;
    }
    if (target_ != nullptr) {
      const std::optional<double> number = ParseNumberText(spelling);
      readable_ = readable_ && number.has_value();
      *target_ = number.value_or(0);
      target_ = nullptr;
    }
  }
  void Literal(std::string_view word) {
    if (word == "null") {
      target_ = nullptr;  // It leaves the coordinate as it was.
    } else {
      Unreadable();
    }
  }

 private:
  double* Target(const JsonString& key) {
    std::string decoded;
    std::string_view name = key.raw;
    if (key.escaped) {
      AppendDecodedString(decoded, key.raw);
      name = decoded;
    }
    if (EqualsIgnoreCase(name, "lon")) {
      return &point_.lon;
    }
    return EqualsIgnoreCase(name, "lat") ? &point_.lat : nullptr;
  }

  void Unreadable() { readable_ = readable_ && depth_ != 0 && target_ == nullptr; }

  GeoPoint& point_;
  double* target_ = nullptr;
  bool readable_ = true;
};

}  // namespace

std::string_view LoadedText(const StoredValue& value, std::string& buffer) {
  switch (value.kind) {
    case Kind::kNull:
      return {};
    case Kind::kInteger:
      json::AppendInteger(buffer, value.integer);
      return buffer;
    case Kind::kReal:
      AppendLoadedReal(buffer, value.real);
      return buffer;
    case Kind::kText:
    case Kind::kBlob:
      return value.text;
  }
  return {};
}

bool ParseBoolText(std::string_view text) {
  constexpr std::string_view kTrue[] = {"1", "t", "T", "TRUE", "true", "True"};
  return std::find(std::begin(kTrue), std::end(kTrue), text) != std::end(kTrue);
}

bool ParseGeoPoint(std::string_view text, GeoPoint& point) {
  point = {};
  if (text.empty()) {
    return true;
  }
  PointReader reader(point);
  return WalkJson(text, reader) && reader.readable();
}

namespace {

// Collects the strings of the outermost array. Values with escapes or invalid
// bytes are decoded into `decoded`, which must never move.
class ListReader : public DepthHandler {
 public:
  ListReader(ValueList::Values& values, std::string& decoded, std::size_t bytes)
      : values_(values), decoded_(decoded), bytes_(bytes) {}

  // The text is an array of nothing but strings and nulls.
  bool is_array() const { return array_; }
  bool mixed() const { return mixed_; }

  void BeginArray() {
    array_ = array_ || depth_ == 0;
    mixed_ = mixed_ || depth_ == 1;
    DepthHandler::BeginArray();
  }
  void BeginObject() {
    mixed_ = mixed_ || depth_ == 1;
    DepthHandler::BeginObject();
  }
  void Number(std::string_view /*spelling*/) { mixed_ = mixed_ || depth_ == 1; }
  void Literal(std::string_view word) { mixed_ = mixed_ || (depth_ == 1 && word != "null"); }
  void String(const JsonString& text) {
    if (depth_ != 1 || text.raw.empty()) {
      return;
    }
    if (!text.escaped && !text.special) {
      values_.push_back(text.raw);
      return;
    }
    // A byte decodes to three at most (an invalid one).
    decoded_.reserve(bytes_ * 3);
    const std::size_t begin = decoded_.size();
    AppendDecodedString(decoded_, text.raw);
    values_.push_back(std::string_view(decoded_).substr(begin));
  }

 private:
  ValueList::Values& values_;
  std::string& decoded_;
  std::size_t bytes_;
  bool array_ = false;
  bool mixed_ = false;
};

}  // namespace

void ValueList::Assign(std::string_view text) {
  values_.clear();
  decoded_.clear();
  if (text.empty()) {
    return;
  }
  if (text.find('[') == std::string_view::npos) {
    values_.push_back(text);
    return;
  }
  if (ReadPlainList(text, values_)) {
    RemoveRepetitions();
    return;
  }
  AssignArray(text);
}

void ValueList::AssignArray(std::string_view text) {
  ListReader reader(values_, decoded_, text.size());
  if (!WalkJson(text, reader) || !reader.is_array()) {
    values_.assign(1, text);
    return;
  }
  if (reader.mixed()) {
    values_.push_back(text);
  }
  RemoveRepetitions();
}

void ValueList::RemoveRepetitions() {
  constexpr std::size_t kFewValues = 16;
  std::size_t kept = 0;
  if (values_.size() <= kFewValues) {
    for (const std::string_view value : values_) {
      const auto end = values_.begin() + static_cast<std::ptrdiff_t>(kept);
      if (std::find(values_.begin(), end, value) == end) {
        values_[kept++] = value;
      }
    }
  } else {
    absl::flat_hash_set<std::string_view, std::hash<std::string_view>> seen;
    for (const std::string_view value : values_) {
      if (seen.insert(value).second) {
        values_[kept++] = value;
      }
    }
  }
  values_.resize(kept);
}

void AppendJsonOfText(std::string& out, std::string_view text) {
  if (text == "null" || text == "true" || text == "false") {
    out += text;
    return;
  }
  const char first = text.empty() ? '\0' : text[0];
  const bool may_be_json = (first >= '0' && first <= '9') || first == '-' || first == '"' ||
                           first == '[' || first == '{';
  if (may_be_json && AppendCompactJson(out, text)) {
    return;
  }
  std::string quoted;
  if (!AppendQuotedText(quoted, text) || !AppendCompactJson(out, quoted)) {
    json::AppendString(out, text);  // The peer's literal would be no JSON.
  }
}

Status AppendFieldJson(std::string& out, const Field& field, const StoredValue& value) {
  switch (field.type) {
    case FieldType::kText:
    case FieldType::kEmail:
    case FieldType::kUrl:
    case FieldType::kEditor:
      AppendTextField(out, value);
      break;
    case FieldType::kNumber:
      return AppendNumberField(out, value);
    case FieldType::kBool:
      AppendBoolField(out, value);
      break;
    case FieldType::kDate:
    case FieldType::kAutodate:
      AppendDateField(out, value);
      break;
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile:
      AppendListField(out, value, field.multiple());
      break;
    case FieldType::kJson:
      AppendJsonField(out, value);
      break;
    case FieldType::kGeoPoint:
      return AppendGeoPointField(out, value);
    case FieldType::kPassword:
      out += "\"\"";
      break;
  }
  return absl::OkStatus();
}

}  // namespace sluice::records
