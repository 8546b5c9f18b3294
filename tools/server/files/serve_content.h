// A file as an answer: conditions, ranges, headers (S-70, S-75).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/server/files/file_store.h"
#include "tools/server/http/message.h"

namespace sluice::files {

// Answers a GET or HEAD with `content`, or with a part of it, or with nothing
// of it, as the request's conditions and ranges ask. `answer` brings the headers
// of its own but Content-Type, Last-Modified and those of ranges. Cheap: the
// content is sent from where it is.
//
// A list of more than 32 ranges, or of more bytes than there are, is answered
// with the whole.
http::Response ServeContent(const http::Request& request, http::FileContent content,
                            std::string_view content_type, std::int64_t modified_seconds,
                            http::Response answer);

// A stored file of a record, under `name` (S-70). `download`: never shown inline.
http::Response ServeRecordFile(const http::Request& request, StoredContent stored,
                               std::string_view name, bool download);

// `Sun, 06 Nov 1994 08:49:37 GMT`.
std::string HttpDate(std::int64_t unix_seconds);

}  // namespace sluice::files
