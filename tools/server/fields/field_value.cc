// One switch over the field types per direction.
// Tested by tests/server/fields_value_test.cc.
#include "tools/server/fields/field_value.h"

#include <algorithm>
#include <utility>

#include "sluice/strings.h"
#include "tools/server/fields/casts.h"
#include "tools/server/http/json_text.h"
#include "tools/server/json/json_text.h"
#include "tools/server/records/date_text.h"
#include "tools/server/records/field_json.h"
#include "tools/server/records/json_check.h"
#include "tools/server/records/number_text.h"

namespace sluice::fields {
namespace {

records::StoredValue Stored(const ValueView& value) {
  switch (value.storage) {
    case StorageClass::kNull:
      return records::StoredValue::Null();
    case StorageClass::kInteger:
      return records::StoredValue::Integer(value.integer);
    case StorageClass::kReal:
      return records::StoredValue::Real(value.real);
    case StorageClass::kText:
      return records::StoredValue::Text(value.text);
  }
  return {};
}

double NumberFrom(const ValueView& column) {
  switch (column.storage) {
    case StorageClass::kInteger:
      return static_cast<double>(column.integer);
    case StorageClass::kReal:
      return column.real;
    case StorageClass::kText:
      return records::ParseNumberText(column.text).value_or(0);
    case StorageClass::kNull:
      break;
  }
  return 0;
}

std::vector<std::string> ListFrom(std::string_view text, bool multiple) {
  records::ValueList list;
  list.Assign(text);
  if (multiple) return {list.values().begin(), list.values().end()};
  if (list.last().empty()) return {};
  return {std::string(list.last())};
}

std::string Single(const std::vector<std::string>& list) {
  return list.empty() ? std::string() : list.back();
}

void AppendList(std::string& out, const std::vector<std::string>& list) {
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ',';
    json::AppendString(out, list[i]);
  }
  out += ']';
}

void AppendPoint(std::string& out, const FieldValue& value) {
  out += R"({"lon":)";
  json::AppendNumber(out, value.lon);
  out += R"(,"lat":)";
  json::AppendNumber(out, value.lat);
  out += '}';
}

JsonValue UploadBody(const Upload& upload) {
  JsonValue object = JsonValue::Object();
  object.members.emplace_back("name", JsonValue::String(upload.name));
  object.members.emplace_back("originalName", JsonValue::String(upload.file.filename));
  object.members.emplace_back("size",
                              JsonValue::Number(static_cast<double>(upload.file.content.size())));
  return object;
}

JsonValue ItemBody(const FieldValue& value, const std::string& text) {
  for (const UploadPtr& upload : value.uploads) {
    if (upload->name == text) return UploadBody(*upload);
  }
  return JsonValue::String(text);
}

JsonValue ListBody(const FieldValue& value, bool multiple) {
  if (!multiple) {
    return value.list.empty() ? JsonValue::String("") : ItemBody(value, value.list.back());
  }
  JsonValue array(JsonValue::Kind::kArray);
  array.items.reserve(value.list.size());
  for (const std::string& text : value.list) array.items.push_back(ItemBody(value, text));
  return array;
}

// Depth is bounded by the parser.
JsonValue FromJson(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return {};
    case boost::json::kind::bool_:
      return JsonValue::Bool(value.get_bool());
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_:
      return JsonValue::Number(value.to_number<double>());
    case boost::json::kind::string:
      return JsonValue::String(std::string(value.get_string()));
    case boost::json::kind::array: {
      JsonValue array(JsonValue::Kind::kArray);
      for (const boost::json::value& item : value.get_array()) {
        array.items.push_back(FromJson(item));
      }
      return array;
    }
    case boost::json::kind::object: {
      JsonValue object = JsonValue::Object();
      for (const auto& member : value.get_object()) {
        object.members.emplace_back(std::string(member.key()), FromJson(member.value()));
      }
      return object;
    }
  }
  return {};
}

// F-95: paths lead into arrays and objects; a scalar is its JSON text, `null`
// and the quotes of a string included.
JsonValue JsonBody(const std::string& text) {
  if (!text.starts_with('[') && !text.starts_with('{')) return JsonValue::String(text);
  const StatusOr<boost::json::value> value = http::ParseJson(text, http::JsonTail::kMustBeBlank);
  return value.ok() ? FromJson(*value) : JsonValue::String(text);
}

JsonValue PointBody(const FieldValue& value) {
  JsonValue object = JsonValue::Object();
  object.members.emplace_back("lon", JsonValue::Number(value.lon));
  object.members.emplace_back("lat", JsonValue::Number(value.lat));
  return object;
}

}  // namespace

FieldValue EmptyValue(const Field& field) {
  FieldValue value;
  if (field.type == FieldType::kJson) value.text = "null";
  return value;
}

FieldValue FromColumn(const Field& field, const ValueView& column) {
  FieldValue value;
  std::string buffer;
  const records::StoredValue stored = Stored(column);
  switch (field.type) {
    case FieldType::kText:
    case FieldType::kEmail:
    case FieldType::kUrl:
    case FieldType::kEditor:
    case FieldType::kPassword:
      value.text = records::LoadedText(stored, buffer);
      break;
    case FieldType::kNumber:
      value.number = NumberFrom(column);
      break;
    case FieldType::kBool:
      value.boolean = records::ParseBoolText(records::LoadedText(stored, buffer));
      break;
    case FieldType::kDate:
    case FieldType::kAutodate:
      records::NormalizeDate(records::LoadedText(stored, buffer), value.text);
      break;
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile:
      value.list = ListFrom(records::LoadedText(stored, buffer), field.multiple());
      break;
    case FieldType::kJson:
      value.text = column.is_null() ? "null" : JsonTextOfText(records::LoadedText(stored, buffer));
      break;
    case FieldType::kGeoPoint: {
      // A point that cannot be read made the record unreadable before this.
      records::GeoPoint point;
      if (!records::ParseGeoPoint(records::LoadedText(stored, buffer), point)) point = {};
      value.lon = point.lon;
      value.lat = point.lat;
      break;
    }
  }
  return value;
}

Value ToColumn(const Field& field, const FieldValue& value) {
  switch (field.type) {
    case FieldType::kText:
    case FieldType::kEmail:
    case FieldType::kUrl:
    case FieldType::kEditor:
    case FieldType::kPassword:
    case FieldType::kDate:
    case FieldType::kAutodate:
      return Value::Text(value.text);
    case FieldType::kNumber:
      // Always a REAL, as the peer binds it (S-41): the column's affinity makes
      // whole numbers integers, and a legacy REAL column keeps `5.0`.
      return Value::Real(value.number);
    case FieldType::kBool:
      return Value::Bool(value.boolean);
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile: {
      if (!field.multiple()) return Value::Text(Single(value.list));
      std::string text;
      AppendList(text, value.list);
      return Value::Text(std::move(text));
    }
    case FieldType::kJson:
      return value.text == "null" ? Value::Null() : Value::Text(value.text);  // R-95
    case FieldType::kGeoPoint: {
      std::string text;
      AppendPoint(text, value);
      return Value::Text(std::move(text));
    }
  }
  return Value::Null();
}

JsonValue ToBodyValue(const Field& field, const FieldValue& value) {
  switch (field.type) {
    case FieldType::kText:
    case FieldType::kEmail:
    case FieldType::kUrl:
    case FieldType::kEditor:
    case FieldType::kDate:
    case FieldType::kAutodate:
      return JsonValue::String(value.text);
    case FieldType::kPassword:
      return JsonValue::String(value.plain);
    case FieldType::kNumber:
      return JsonValue::Number(value.number);
    case FieldType::kBool:
      return JsonValue::Bool(value.boolean);
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile:
      return ListBody(value, field.multiple());
    case FieldType::kJson:
      return JsonBody(value.text);
    case FieldType::kGeoPoint:
      return PointBody(value);
  }
  return {};
}

void AppendJson(std::string& out, const Field& field, const FieldValue& value,
                bool plain_passwords) {
  switch (field.type) {
    case FieldType::kText:
    case FieldType::kEmail:
    case FieldType::kUrl:
    case FieldType::kEditor:
    case FieldType::kDate:
    case FieldType::kAutodate:
      json::AppendString(out, value.text);
      break;
    case FieldType::kPassword:
      json::AppendString(out, plain_passwords ? std::string_view(value.plain) : "");
      break;
    case FieldType::kNumber:
      json::AppendNumber(out, value.number);
      break;
    case FieldType::kBool:
      out += value.boolean ? "true" : "false";
      break;
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile:
      if (field.multiple()) {
        AppendList(out, value.list);
      } else {
        json::AppendString(out, Single(value.list));
      }
      break;
    case FieldType::kJson:
      if (!records::AppendCompactJson(out, value.text)) json::AppendString(out, value.text);
      break;
    case FieldType::kGeoPoint:
      AppendPoint(out, value);
      break;
  }
}

}  // namespace sluice::fields
