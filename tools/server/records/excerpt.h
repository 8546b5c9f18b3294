// The `excerpt` modifier: HTML to a short plain text.
#pragma once

#include <string>
#include <string_view>

#include "sluice/ast.h"
#include "sluice/status.h"

namespace sluice::records {

// Appends the first `excerpt.max_chars` characters of what a reader of `html`
// would see (F-156, F-157), and `...` when something was cut and that is asked
// for. `html` is valid UTF-8.
//
// Fails, with `out` as before, for a text nested deeper than 512 elements, as
// the peer does, and for one whose tree would need unreasonable memory. Safe to
// call from several threads.
Status AppendExcerpt(std::string& out, std::string_view html, const Excerpt& excerpt);

}  // namespace sluice::records
