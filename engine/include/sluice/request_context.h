// Who asks, and with what: the meaning of @request.*, @now and their kin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/schema.h"

namespace sluice {

// A decoded JSON value of a request's body. Objects keep their order; a key
// appears once.
struct JsonValue {
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  bool boolean = false;
  double number = 0;
  std::string string;
  std::vector<JsonValue> items;                            // kArray
  std::vector<std::pair<std::string, JsonValue>> members;  // kObject

  // Declared, so that nobody asks what the members hold before they are complete.
  JsonValue();
  explicit JsonValue(Kind of) : JsonValue() { kind = of; }
  static JsonValue Object() { return JsonValue(Kind::kObject); }
  static JsonValue String(std::string text) {
    JsonValue value(Kind::kString);
    value.string = std::move(text);
    return value;
  }
  static JsonValue Number(double number) {
    JsonValue value(Kind::kNumber);
    value.number = number;
    return value;
  }
  static JsonValue Bool(bool boolean) {
    JsonValue value(Kind::kBool);
    value.boolean = boolean;
    return value;
  }

  // The member of that name, or null when this is no object or has none.
  const JsonValue* Find(std::string_view key) const;
};

inline JsonValue::JsonValue() = default;

// Compact JSON text with the peer's escaping (S-85), keys sorted as its
// encoder sorts the keys of a map.
std::string ToJsonText(const JsonValue& value);

// The authenticated record, as loaded once per request (F-101).
struct AuthRecord {
  const Collection* collection = nullptr;
  std::string id;
  std::string email;
  bool email_visibility = false;
  bool verified = false;
};

// Milliseconds since the Unix epoch, UTC.
using UnixMillis = std::int64_t;

// Plain data; a plan copies what it needs of it.
struct RequestContext {
  std::string context = "default";  // @request.context (F-91)
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> query;    // first of a name wins
  std::vector<std::pair<std::string, std::string>> headers;  // names as NormalizeHeaderName gives
  JsonValue body = JsonValue::Object();
  const AuthRecord* auth = nullptr;  // null: a guest
  UnixMillis now = 0;
};

// `x_my_token` of `X-My-Token` (F-92).
std::string NormalizeHeaderName(std::string_view name);

}  // namespace sluice
