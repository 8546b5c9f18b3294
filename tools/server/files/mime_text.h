// Telling kinds of text apart.
#pragma once

#include <string_view>

#include "tools/server/files/mime.h"

namespace sluice::files {

// The type of a content without a known signature. `whole`: `head` is all of it.
DetectedType DetectText(std::string_view head, bool whole);

}  // namespace sluice::files
