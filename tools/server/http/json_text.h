// JSON text <-> boost::json values with the peer's reading and writing rules.
#pragma once

#include <string>
#include <string_view>

#include "boost/json/value.hpp"

#include "sluice/status.h"

namespace sluice::http {

// What may follow the first JSON value of a text.
enum class JsonTail { kIgnored, kMustBeBlank };

// Reads the first value of `text`: every number becomes the
// nearest double, the last of equal keys wins, invalid UTF-8 and lone
// surrogates become U+FFFD, objects keep the order of their keys.
//
// kInvalidArgument without a Diagnostic on a syntax error, a byte order mark,
// no value at all, a number beyond the range of a double, or nesting deeper
// than 10000. Reading itself does not recurse; destroying or walking a value
// of the greatest depth needs about 2 MiB of stack.
StatusOr<boost::json::value> ParseJson(std::string_view text, JsonTail tail);

// Appends `value` compactly with the escapes of json_escape.h and the keys of
// every object sorted bytewise. Numbers that are not finite are written as 0;
// ParseJson never makes one. Does not recurse.
void AppendJsonValue(std::string& out, const boost::json::value& value);

}  // namespace sluice::http
