// Texts that a json field takes as strings, quoted as the peer quotes them.
#pragma once

#include <string>
#include <string_view>

namespace sluice::records {

// Appends `text` as the Go string literal that the peer stores for a text that
// is no JSON by itself (R-92): beside `"`, `\` and what JSON escapes shortly,
// characters of the basic plane that Go does not print become `\uXXXX`; `<`
// stays. False, with `out` as before, when that literal is not JSON: `text`
// holds another control character, a character beyond the basic plane that
// Go does not print, or invalid UTF-8.
bool AppendQuotedText(std::string& out, std::string_view text);

// The same, but the literal is appended even when it is not JSON: `\a`, `\x7f`,
// `\U000e0001`. Returns whether it is.
bool AppendGoLiteral(std::string& out, std::string_view text);

}  // namespace sluice::records
