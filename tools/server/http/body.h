// Request bodies as one object of values and a list of files (S-84, R-39 to
//
#pragma once

#include <string>
#include <vector>

#include "boost/json/object.hpp"

#include "sluice/status.h"
#include "tools/server/http/file_content.h"
#include "tools/server/http/message.h"

namespace sluice::http {

// One file part of a form. `filename` has no folders but is otherwise what the
// client wrote: any bytes, up to 64 KiB.
struct UploadedFile {
  std::string key;
  std::string filename;
  std::string content_type;
  FileContent content;
};

struct RequestBody {
  boost::json::object values;
  std::vector<UploadedFile> files;
};

// Reads the body of `request` by its Content-Type. Form bodies also take in the
// query parameters. Without a body the result is empty. Files of a body
// that is on disk are ranges of it, so memory stays bounded by the plain values.
//
// Failures are statuses of MakeStatus: the default 400, or `Unsupported
// Content-Type.`. Handlers with a load message of their own replace both.
// kInternal when the disk fails.
StatusOr<RequestBody> ReadBody(const Request& request);

// One form text as a value: `true` and `false`, a number when it is written the
// way it would be printed, else the text.
boost::json::value InferFormValue(std::string_view text);

}  // namespace sluice::http
