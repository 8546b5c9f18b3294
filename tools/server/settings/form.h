// Settings from a form: one level of dots, repeated keys as lists (S-112).
#pragma once

#include "boost/json/object.hpp"

#include "sluice/status.h"
#include "tools/server/store/settings.h"

namespace sluice::settings {

// Applies the values of a form, as http::ReadBody gives them. Keys are compared
// exactly; keys that name no plain value or list of texts are ignored.
// kInvalidArgument on a text that is no value of its setting's type.
Status ApplyForm(const boost::json::object& values, store::Settings& settings);

// Sets the one value that `path` names by all its dots ("backups.s3.bucket",
// "rateLimits.rules.0.duration") to `value`. kNotFound when there is none,
// kInvalidArgument when the value does not fit.
Status SetByPath(std::string_view path, const boost::json::value& value, store::Settings& settings);

}  // namespace sluice::settings
