// Request targets and query strings, read the way the peer's URL library does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/server/http/message.h"

namespace sluice::http {

// Decodes %XX in `text`, and '+' to a space when `plus_is_space`. None when a
// '%' is not followed by two hexadecimal digits.
std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space);

// Appends the pairs of `text` (cut at '&', split at the first '=') to `pairs`.
// A pair that holds ';' or a bad escape is left out, empty pieces are skipped
// (F-141). Returns false when a pair was left out.
bool ParseQuery(std::string_view text, std::vector<Param>& pairs);

// Fills path, segments and query of `request` from request.target. False when
// no server can read the target: bad escape in the path, control characters, or
// neither "/..." nor an absolute URL nor "*". "*" and an authority (CONNECT)
// leave the path empty.
bool ParseTarget(Request& request);

// `path` without empty, "." and ".." segments; a trailing slash stays. The
// result equals `path` when it was clean. Escapes are not looked into.
std::string CleanPath(std::string_view path);

}  // namespace sluice::http
