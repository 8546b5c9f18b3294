// Parsed bodies as what writes take.
#pragma once

#include <string>
#include <vector>

#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/api/server_parts.h"
#include "tools/server/fields/apply.h"
#include "tools/server/http/body.h"
#include "tools/server/writes/record.h"
#include "tools/server/writes/save.h"

namespace sluice::api {

// The values and the files of file fields, those under their new names (R-47,
// `double_names` is for batches, whose files get two suffixes.
enum class FileNames : std::uint8_t { kOnce, kTwice };
StatusOr<fields::Submission> SubmissionOf(const Collection& collection, JsonValue values,
                                          std::vector<http::UploadedFile> files, FileNames names);

// A form that was announced and did not come: its files cannot be read.
bool LacksForm(const http::Request& request);

}  // namespace sluice::api
