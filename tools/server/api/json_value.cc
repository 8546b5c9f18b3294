#include "tools/server/api/json_value.h"

namespace sluice::api {

JsonValue ToJsonValue(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::bool_:
      return JsonValue::Bool(value.get_bool());
    case boost::json::kind::int64:
      return JsonValue::Number(static_cast<double>(value.get_int64()));
    case boost::json::kind::uint64:
      return JsonValue::Number(static_cast<double>(value.get_uint64()));
    case boost::json::kind::double_:
      return JsonValue::Number(value.get_double());
    case boost::json::kind::string:
      return JsonValue::String(std::string(value.get_string()));
    case boost::json::kind::array: {
      JsonValue array(JsonValue::Kind::kArray);
      for (const auto& item : value.get_array()) array.items.push_back(ToJsonValue(item));
      return array;
    }
    case boost::json::kind::object: {
      JsonValue object = JsonValue::Object();
      for (const auto& [key, member] : value.get_object())
        object.members.emplace_back(std::string(key), ToJsonValue(member));
      return object;
    }
    case boost::json::kind::null:
      break;
  }
  return {};
}

}  // namespace sluice::api
