// The error envelope {"data":{…},"message":"…","status":N} and the one mapping
// of a Status to an HTTP answer (S-86 to S-88, R-15 to R-20).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "boost/json/object.hpp"

#include "sluice/status.h"
#include "tools/server/http/message.h"

namespace sluice::http {

// One entry of `data` or of a group inside it. Exactly one of the three kinds
// is meant: `raw_json` when it is not empty (an answer of a batch, copied as it
// stands), else a group when `children` is not empty, else an item.
struct ErrorEntry {
  std::string key = {};
  // An item without a code is shown as an unclassified failure.
  std::string code = {};
  // May hold {{.name}} placeholders, replaced from `params`.
  std::string message = {};
  boost::json::object params = {};
  std::vector<ErrorEntry> children = {};
  std::string raw_json = {};
};

// What a client is told. An empty message means the default of the status.
struct ApiError {
  int status = 400;
  std::string message = {};
  std::vector<ErrorEntry> data = {};
};

// `text` trimmed, with its first letter in upper case (ASCII only) and a final
// '.' unless it ends in '.', '?' or '!'.
std::string NormalizeSentence(std::string_view text);

// The default message of a status; the reason phrase and a '.' for a status
// that has none of its own.
std::string DefaultMessage(int status);

// The reason phrase of a status line; "Unknown" never, empty for the unknown.
std::string_view ReasonPhrase(int status);

// The envelope with sorted keys and the final '\n'.
std::string ToJson(const ApiError& error);

Response ErrorResponse(const ApiError& error);

// A Status that carries `error` to the client through functions that return
// StatusOr. Its code is the absl code nearest to error.status.
Status MakeStatus(const ApiError& error);

// Whether the status came from MakeStatus: somebody meant it for the client.
bool IsApiStatus(const Status& status);

// The answer to a failed call: what MakeStatus put in; else the default
// envelope of 404 for kNotFound, 401 kUnauthenticated, 403 kPermissionDenied,
// 503 kResourceExhausted and kUnavailable, 500 kInternal and kUnknown, and 400
// for the rest. The text of a status that did not come from MakeStatus is
// never shown. `status` must not be OK.
Response ErrorResponse(const Status& status);

}  // namespace sluice::http
