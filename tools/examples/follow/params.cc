#include "params.h"

#include "sluice/server/call.h"

namespace follow {
namespace {

using sluice::JsonValue;

constexpr std::size_t kIdLength = 15;

// As browsers count: a character beyond U+FFFF is two.
std::size_t Utf16Length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0U ? 2 : 1;
  }
  return units;
}

const char* NameOf(const JsonValue* value) {
  if (value == nullptr) return "undefined";
  switch (value->kind) {
    case JsonValue::Kind::kNull:
      return "null";
    case JsonValue::Kind::kBool:
      return "boolean";
    case JsonValue::Kind::kNumber:
      return "number";
    case JsonValue::Kind::kString:
      return "string";
    case JsonValue::Kind::kArray:
      return "array";
    case JsonValue::Kind::kObject:
      return "object";
  }
  return "unknown";
}

// What is wrong with one parameter; empty when nothing is.
std::string ProblemOf(const JsonValue* value, const std::string& name) {
  const std::string path = "\"path\":[\"" + name + "\"]";
  if (value == nullptr || value->kind != JsonValue::Kind::kString) {
    const std::string received = NameOf(value);
    const std::string message =
        value == nullptr ? "Required" : "Expected string, received " + received;
    return R"({"code":"invalid_type","expected":"string","received":")" + received + "\"," + path +
           ",\"message\":\"" + message + "\"}";
  }
  const std::size_t length = Utf16Length(value->string);
  if (length == kIdLength) return "";
  const bool small = length < kIdLength;
  return std::string(R"({"code":")") + (small ? "too_small" : "too_big") + "\",\"" +
         (small ? "minimum" : "maximum") +
         R"(":15,"type":"string","inclusive":true,"exact":true,)"
         R"-("message":"String must contain exactly 15 character(s)",)-" +
         path + "}";
}

}  // namespace

Checked CheckParams(std::string_view body) {
  const auto parsed = sluice::server::ParseJson(body);
  const JsonValue values = parsed.ok() ? *parsed : JsonValue::Object();
  std::string problems;
  for (const char* name : {"follower", "followee"}) {
    const std::string problem = ProblemOf(values.Find(name), name);
    if (problem.empty()) continue;
    if (!problems.empty()) problems += ',';
    problems += problem;
  }
  if (!problems.empty())
    return {std::nullopt, R"({"message":"invalid_params","detail":[)" + problems + "]}"};
  return {Pair{values.Find("follower")->string, values.Find("followee")->string}, ""};
}

}  // namespace follow
