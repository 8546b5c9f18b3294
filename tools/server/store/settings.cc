// Tested by tests/server/settings_test.cc.
#include "tools/server/store/settings.h"

#include <cmath>
#include <string_view>

#include "sluice/strings.h"

namespace sluice::store {
namespace {

namespace bj = boost::json;

bool Read(const bj::value& value, bool& out);
bool Read(const bj::value& value, std::int64_t& out);
bool Read(const bj::value& value, std::string& out);
template <typename Item>
bool Read(const bj::value& value, std::vector<Item>& out);
template <typename Group>
requires std::is_class_v<Group>
bool Read(const bj::value& value, Group& out);

bool Read(const bj::value& value, bool& out) {
  if (value.is_null()) return true;
  if (!value.is_bool()) return false;
  out = value.get_bool();
  return true;
}

bool Read(const bj::value& value, std::int64_t& out) {
  if (value.is_null()) return true;
  if (value.is_int64()) {
    out = value.get_int64();
    return true;
  }
  if (!value.is_double()) return false;
  const double number = value.get_double();
  // 2^63 is the first double that is too large.
  if (std::trunc(number) != number || number < -9223372036854775808.0 ||
      number >= 9223372036854775808.0)
    return false;
  out = static_cast<std::int64_t>(number);
  return true;
}

bool Read(const bj::value& value, std::string& out) {
  if (value.is_null()) return true;
  if (!value.is_string()) return false;
  out = std::string(value.get_string());
  return true;
}

template <typename Item>
bool Read(const bj::value& value, std::vector<Item>& out) {
  if (value.is_null()) {
    out.clear();
    return true;
  }
  if (!value.is_array()) return false;
  out.resize(value.get_array().size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!Read(value.get_array()[i], out[i])) return false;
  }
  return true;
}

template <typename Group>
requires std::is_class_v<Group>
bool Read(const bj::value& value, Group& out) {
  if (value.is_null()) return true;
  if (!value.is_object()) return false;
  bool good = true;
  for (const bj::key_value_pair& member : value.get_object()) {
    const std::string_view key(member.key().data(), member.key().size());
    VisitFields(out, [&](std::string_view name, auto& field) {
      if (EqualsIgnoreCase(name, key)) good = good && Read(member.value(), field);
    });
  }
  return good;
}

}  // namespace

Status MergeSettings(const bj::value& value, Settings& settings) {
  return Read(value, settings)
             ? absl::OkStatus()
             : absl::InvalidArgumentError("a setting has a value of the wrong type");
}

}  // namespace sluice::store
