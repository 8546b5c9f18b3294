// JSON that a provider sent, read as the table of providers asks: what is
// missing is empty, what has the wrong type makes all of it worthless.
#pragma once

#include <string>
#include <string_view>

#include "boost/json/value.hpp"

#include "sluice/status.h"
#include "tools/server/oauth2/providers.h"

namespace sluice::oauth2 {

// The value at a path of keys and positions; null where it, or something before
// it, is missing. Fails where something on the way is no object or no list.
StatusOr<const boost::json::value*> Find(const boost::json::value& document, std::string_view path);

// The text there; empty when it is missing.
StatusOr<std::string> TextAt(const boost::json::value& document, std::string_view path);
// The whole number there as a text; empty when it is missing or 0.
StatusOr<std::string> NumberAt(const boost::json::value& document, std::string_view path);
// False when it is missing.
StatusOr<bool> BoolAt(const boost::json::value& document, std::string_view path);

// Whether it says yes, whatever its type.
bool IsTruthy(const boost::json::value* value);

StatusOr<bool> Holds(const boost::json::value& document, const Condition& condition);

// Parses an object, or null. Whole numbers keep all of their digits.
StatusOr<boost::json::value> ParseDocument(std::string_view json);

}  // namespace sluice::oauth2
