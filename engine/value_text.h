// Number printing beyond what value.h offers, for SQLite's own formats.
#pragma once

#include <string_view>

namespace sluice {

// SQLite's printf("%.16g"), without trailing zeros and without a point where
// none is needed. `buffer` as for SqliteRealText.
std::string_view SixteenDigitText(double value, char* buffer);

}  // namespace sluice
