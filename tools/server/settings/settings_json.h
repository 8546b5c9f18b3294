// Settings -> JSON: as they are stored and as they are answered (S-111).
#pragma once

#include <string>

#include "tools/server/store/settings.h"

namespace sluice::settings {

// All members in their order; S3 secrets only when there are any. Without a
// newline at the end.
std::string ToStoredJson(const store::Settings& settings);

// The same without secrets.
std::string ToPublicJson(const store::Settings& settings);

}  // namespace sluice::settings
