// Tested by tests/conformance (`auth`).
#include "tools/server/login/password_options.h"

#include "boost/json/parse.hpp"

#include "tools/server/auth/password_hash.h"

namespace sluice::login {
namespace {

std::int64_t Integer(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains({key.data(), key.size()});
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? 0 : number;
}

}  // namespace

PasswordOptions PasswordOptionsOf(const Collection& collection) {
  PasswordOptions options;
  options.cost = auth::kPasswordCostDefault;
  const Field* field = collection.FindField("password");
  if (field == nullptr) return options;
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(field->options_json, error);
  if (error || !value.is_object()) return options;
  const boost::json::object& object = value.get_object();
  options.min = static_cast<std::size_t>(std::max<std::int64_t>(0, Integer(object, "min")));
  const std::int64_t cost = Integer(object, "cost");
  if (cost >= 4 && cost <= 31) options.cost = static_cast<int>(cost);
  return options;
}

}  // namespace sluice::login
