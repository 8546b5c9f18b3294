// Dates as they are stored and written: text in, one normal form out.
#pragma once

#include <string>
#include <string_view>

namespace sluice::records {

// Appends the normal form of the date that `text` spells in one of the layouts
// of S-43 and R-80: `YYYY-MM-DD hh:mm:ss.mmmZ` in UTC, milliseconds truncated.
// Nothing is appended, and false returned, for any other text, impossible
// dates, and the date of the empty value, `0001-01-01 00:00:00.000Z`.
bool AppendDate(std::string& out, std::string_view text);

// True for a text that is its own normal form.
bool IsNormalDate(std::string_view text);

// The same into `out`, which is replaced: empty where AppendDate says false.
void NormalizeDate(std::string_view text, std::string& out);

}  // namespace sluice::records
