// Tested by tests/server/settings_test.cc.
#include "tools/server/settings/form.h"

#include <cmath>
#include <string>
#include <string_view>

#include "boost/json/value.hpp"

#include "tools/server/json/json_text.h"

namespace sluice::settings {
namespace {

namespace bj = boost::json;

// ReadBody turns texts that look like numbers or booleans into such; it does so
// only where the text can be had back.
std::string TextOf(const bj::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  std::string text;
  if (value.is_number()) json::AppendNumber(text, value.to_number<double>());
  return text;
}

// Of a repeated key, a plain value takes the first.
const bj::value& First(const bj::value& value) {
  return value.is_array() && !value.get_array().empty() ? value.get_array()[0] : value;
}

bool Set(const bj::value& value, bool& out) {
  const std::string text = TextOf(First(value));
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) out = true;
    if (text == yes) return true;
  }
  for (const std::string_view no : {"", "0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) out = false;
    if (text == no) return true;
  }
  return false;
}

bool Set(const bj::value& value, std::int64_t& out) {
  const bj::value& only = First(value);
  if (only.is_string() && only.get_string().empty()) {
    out = 0;
    return true;
  }
  if (!only.is_number()) return false;
  const double number = only.to_number<double>();
  if (std::trunc(number) != number || std::abs(number) >= 9223372036854775808.0) return false;
  out = static_cast<std::int64_t>(number);
  return true;
}

bool Set(const bj::value& value, std::string& out) {
  out = TextOf(First(value));
  return true;
}

bool Set(const bj::value& value, std::vector<std::string>& out) {
  out.clear();
  if (!value.is_array()) {
    out.push_back(TextOf(value));
    return true;
  }
  for (const bj::value& item : value.get_array()) out.push_back(TextOf(item));
  return true;
}

template <typename Field>
concept IsPlain = std::same_as<Field, bool> || std::same_as<Field, std::int64_t> ||
    std::same_as<Field, std::string> || std::same_as<Field, std::vector<std::string>>;

// `key` is what is left of a path; without a dot it names a member of `group`.
template <typename Group>
bool SetMember(std::string_view key, const bj::value& value, Group& group, bool may_enter) {
  const std::size_t dot = key.find('.');
  const std::string_view head = key.substr(0, dot);
  bool good = true;
  store::VisitFields(group, [&]<typename Field>(std::string_view name, Field& field) {
    if (name != head) return;
    if constexpr (IsPlain<Field>) {
      if (dot == std::string_view::npos) good = Set(value, field);
    } else if constexpr (!std::is_same_v<Field, std::vector<store::RateLimitRule>>) {
      if (dot != std::string_view::npos && may_enter)
        good = SetMember(key.substr(dot + 1), value, field, false);
    }
  });
  return good;
}

// Puts `value` at the place that `path` names in otherwise empty JSON.
bj::value Nest(std::string_view path, const bj::value& value) {
  const std::size_t dot = path.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? path : path.substr(dot + 1);
  bj::object object;
  object[bj::string_view(last.data(), last.size())] = value;
  return dot == std::string_view::npos ? bj::value(std::move(object))
                                       : Nest(path.substr(0, dot), object);
}

template <typename Group>
bool Exists(std::string_view path, const Group& group) {
  const std::size_t dot = path.find('.');
  bool found = false;
  store::VisitFields(group, [&]<typename Field>(std::string_view name, const Field& field) {
    if (name != path.substr(0, dot)) return;
    if (dot == std::string_view::npos) {
      found = true;
    } else if constexpr (!IsPlain<Field> &&
                         !std::is_same_v<Field, std::vector<store::RateLimitRule>>) {
      found = Exists(path.substr(dot + 1), field);
    }
  });
  return found;
}

}  // namespace

Status ApplyForm(const bj::object& values, store::Settings& settings) {
  for (const bj::key_value_pair& member : values) {
    const std::string_view key(member.key().data(), member.key().size());
    // From @jsonPayload.
    if (member.value().is_object()) {
      bj::object whole;
      whole[member.key()] = member.value();
      SLUICE_RETURN_IF_ERROR(store::MergeSettings(bj::value(std::move(whole)), settings));
      continue;
    }
    if (!SetMember(key, member.value(), settings, true))
      return absl::InvalidArgumentError("a setting has a value of the wrong type");
  }
  return absl::OkStatus();
}

Status SetByPath(std::string_view path, const bj::value& value, store::Settings& settings) {
  if (!Exists(path, settings))
    return absl::NotFoundError("there is no setting \"" + std::string(path) + "\"");
  return store::MergeSettings(Nest(path, value), settings);
}

}  // namespace sluice::settings
