// HTML -> the plain text beside it in a mail.
#pragma once

#include <string>
#include <string_view>

namespace sluice::mail {

// Runs of white space become one space, block elements begin a line (CRLF),
// `br` ends one, list items begin with `- `, links become `[text](href)`.
// Scripts, styles, forms, pictures and their kin are left out. Linear in the
// text; any text is accepted.
std::string TextOfHtml(std::string_view html);

// `& < > " '` as character references.
std::string EscapedHtml(std::string_view text);

}  // namespace sluice::mail
