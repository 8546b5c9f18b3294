// Recursion goes as deep as shapes do. Tested by
// tests/server/collections_typed_json_test.cc.
#include "tools/server/collections/typed_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "sluice/strings.h"
#include "tools/server/json/json_text.h"
#include "tools/server/records/date_text.h"

namespace sluice::collections {
namespace {

namespace bj = boost::json;

std::string_view View(const bj::string& text) { return {text.data(), text.size()}; }
bj::string_view Boost(std::string_view text) { return {text.data(), text.size()}; }

// A scalar of a form as it was typed: what looked like a number or a truth
// value was read as one (S-84).
std::optional<std::string> FormText(const bj::value& value) {
  if (value.is_string()) return std::string(View(value.get_string()));
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (!value.is_number()) return std::nullopt;
  std::string text;
  json::AppendNumber(text, value.to_number<double>());
  return text;
}

std::optional<std::string> AsText(const bj::value& value, BodyKind kind) {
  if (kind == BodyKind::kForm) return FormText(value);
  if (!value.is_string()) return std::nullopt;
  return std::string(View(value.get_string()));
}

std::optional<bool> AsBool(const bj::value& value, BodyKind kind) {
  if (value.is_bool()) return value.get_bool();
  if (kind == BodyKind::kJson) return std::nullopt;
  const std::optional<std::string> text = FormText(value);
  if (!text) return std::nullopt;
  for (const char* word : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (*text == word) return true;
  }
  for (const char* word : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (*text == word) return false;
  }
  return std::nullopt;
}

std::optional<double> AsNumber(const bj::value& value, BodyKind kind) {
  if (value.is_number()) return value.to_number<double>();
  if (kind == BodyKind::kJson || !value.is_string()) return std::nullopt;
  const std::string_view text = View(value.get_string());
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> AsInteger(const bj::value& value, BodyKind kind) {
  constexpr double kLimit = 9223372036854775808.0;
  if (value.is_int64()) return value.get_int64();
  const std::optional<double> number = AsNumber(value, kind);
  if (!number || std::trunc(*number) != *number || *number >= kLimit || *number < -kLimit)
    return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

bool MergeTexts(bj::value& into, const bj::value& from, BodyKind kind) {
  bj::array texts;
  if (from.is_array()) {
    for (const bj::value& item : from.get_array()) {
      const std::optional<std::string> text = item.is_null() ? std::string() : AsText(item, kind);
      if (!text) return false;
      texts.emplace_back(*text);
    }
  } else {
    const std::optional<std::string> text = kind == BodyKind::kForm ? FormText(from) : std::nullopt;
    if (!text) return false;
    texts.emplace_back(*text);
  }
  into = std::move(texts);
  return true;
}

const Shape* MemberShape(const Shape& shape, std::string_view key, std::string_view& name) {
  for (std::size_t i = 0; i < shape.keys.size(); ++i) {
    if (!EqualsIgnoreCase(shape.keys[i], key)) continue;
    name = shape.keys[i];
    return &shape.members[i];
  }
  return nullptr;
}

bool MergeObject(bj::value& into, const bj::value& from, const Shape& shape, BodyKind kind) {
  if (!from.is_object()) return false;
  bj::object& target = into.get_object();
  for (const auto& member : from.get_object()) {
    std::string_view name;
    const Shape* part = MemberShape(shape, {member.key().data(), member.key().size()}, name);
    if (part != nullptr && !MergeTyped(target[Boost(name)], member.value(), *part, kind))
      return false;
  }
  return true;
}

bool MergeObjects(bj::value& into, const bj::value& from, const Shape& shape, BodyKind kind) {
  if (!from.is_array()) return false;
  const Shape item{.kind = ShapeKind::kObject, .keys = shape.keys, .members = shape.members};
  bj::array items;
  const bj::array* before = into.if_array();
  for (std::size_t i = 0; i < from.get_array().size(); ++i) {
    items.push_back(before != nullptr && i < before->size() ? (*before)[i] : ZeroValue(item));
    if (!MergeTyped(items.back(), from.get_array()[i], item, kind)) return false;
  }
  into = std::move(items);
  return true;
}

template <typename Value>
bool Take(bj::value& into, const std::optional<Value>& value) {
  if (!value) return false;
  into = *value;
  return true;
}

// What is stored has to be readable again.
constexpr int kDepthMax = 64;

bool IsShallow(const bj::value& value, int depth) {
  if (!value.is_structured()) return true;
  if (depth == 0) return false;
  const auto shallow = [depth](const bj::value& item) { return IsShallow(item, depth - 1); };
  if (value.is_array())
    return std::all_of(value.get_array().begin(), value.get_array().end(), shallow);
  return std::all_of(value.get_object().begin(), value.get_object().end(),
                     [&](const auto& member) { return shallow(member.value()); });
}

// Null means none where there can be none, else it changes nothing.
bool MergeNull(bj::value& into, const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::kNumber:
    case ShapeKind::kNullableText:
    case ShapeKind::kNullableBool:
    case ShapeKind::kTexts:
    case ShapeKind::kObjects:
    case ShapeKind::kAnyObject:
      into = nullptr;
      return true;
    case ShapeKind::kDate:
      into = "";
      return true;
    case ShapeKind::kText:
    case ShapeKind::kBool:
    case ShapeKind::kInteger:
    case ShapeKind::kObject:
      return true;
  }
  return true;
}

}  // namespace

bj::value ZeroValue(const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::kText:
    case ShapeKind::kDate:
      return "";
    case ShapeKind::kBool:
      return false;
    case ShapeKind::kInteger:
      return std::int64_t{0};
    case ShapeKind::kObject: {
      bj::object object;
      for (std::size_t i = 0; i < shape.keys.size(); ++i)
        object[Boost(shape.keys[i])] = ZeroValue(shape.members[i]);
      return object;
    }
    case ShapeKind::kNumber:
    case ShapeKind::kNullableText:
    case ShapeKind::kNullableBool:
    case ShapeKind::kTexts:
    case ShapeKind::kObjects:
    case ShapeKind::kAnyObject:
      break;
  }
  return nullptr;
}

bool MergeTyped(bj::value& into, const bj::value& from, const Shape& shape, BodyKind kind) {
  if (from.is_null()) return MergeNull(into, shape);
  switch (shape.kind) {
    case ShapeKind::kText:
    case ShapeKind::kNullableText:
      return Take(into, AsText(from, kind));
    case ShapeKind::kBool:
    case ShapeKind::kNullableBool:
      return Take(into, AsBool(from, kind));
    case ShapeKind::kInteger:
      return Take(into, AsInteger(from, kind));
    case ShapeKind::kNumber:
      return Take(into, AsNumber(from, kind));
    case ShapeKind::kTexts:
      return MergeTexts(into, from, kind);
    case ShapeKind::kObjects:
      return MergeObjects(into, from, shape, kind);
    case ShapeKind::kObject:
      return MergeObject(into, from, shape, kind);
    case ShapeKind::kAnyObject:
      if (!from.is_object() || !IsShallow(from, kDepthMax)) return false;
      into = from;
      return true;
    case ShapeKind::kDate: {
      const std::optional<std::string> text = AsText(from, kind);
      if (!text) return false;
      std::string date;
      records::NormalizeDate(*text, date);
      into = date;
      return true;
    }
  }
  return false;
}

bj::object NestFormKeys(const bj::object& form, const Shape& shape) {
  bj::object nested;
  for (const auto& member : form) {
    const std::string_view key(member.key().data(), member.key().size());
    const std::size_t dot = key.find('.');
    std::string_view name;
    const Shape* part = dot == key.npos ? nullptr : MemberShape(shape, key.substr(0, dot), name);
    if (part == nullptr || part->kind != ShapeKind::kObject) {
      nested.insert_or_assign(member.key(), member.value());
      continue;
    }
    bj::value& object = nested[Boost(name)];
    if (!object.is_object()) object = bj::object();
    object.get_object().insert_or_assign(Boost(key.substr(dot + 1)), member.value());
  }
  return nested;
}

const bj::value* FindKey(const bj::object& object, std::string_view key) {
  const bj::value* found = nullptr;
  for (const auto& member : object) {
    if (EqualsIgnoreCase({member.key().data(), member.key().size()}, key)) found = &member.value();
  }
  return found;
}

}  // namespace sluice::collections
