// Numbers as text, as the parts that the peer is built from read and write
// them. All functions are pure. SQLite's own text of a REAL, which statements
// see, is SqliteRealText of sluice/value.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::records {

// Appends the text that the peer's record loading makes of a REAL before a
// field sees it (S-42): the shortest digits, with an exponent of at least two
// digits from 1e6 up and below 1e-4: `1.5`, `2`, `-0`, `1e+06`, `1e-05`.
// Infinities are `+Inf` and `-Inf`, NaN is `NaN`.
void AppendLoadedReal(std::string& out, double real);

// The float parse of R-50; nothing for what is unparsable or overflows. The
// result can be an infinity or NaN, which have their names (`inf`, `nan`).
std::optional<double> ParseNumberText(std::string_view text);

}  // namespace sluice::records
