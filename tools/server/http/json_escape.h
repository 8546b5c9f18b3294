// Writing JSON strings and numbers the way the peer does. Small
// and fast on its own: the record renderer appends to a response with these.
#pragma once

#include <string>
#include <string_view>

namespace sluice::http {

// Appends `text` as a JSON string with its quotes. `"` and `\` are escaped,
// control characters become \b \f \n \r \t or \u00XX, `<` `>` `&` U+2028 U+2029
// become \uXXXX, each byte that is not valid UTF-8 becomes \ufffd; everything
// else, DEL and '/' included, is copied. Clean runs are copied as one block.
void AppendJsonString(std::string& out, std::string_view text);

// The same without the quotes, for a text that is appended in pieces cut
// between characters.
void AppendJsonEscaped(std::string& out, std::string_view text);

// Appends the shortest decimal that reads back as `number`: fixed notation for
// 1e-6 <= |x| < 1e21, else exponent notation with a sign and no padding
// (1e+21, 1e-7); whole numbers carry no point and negative zero is `-0`.
// JSON has no infinity and no NaN: returns false and appends nothing.
[[nodiscard]] bool AppendJsonNumber(std::string& out, double number);

// Appends the shortest decimal of `number`, never in exponent notation. This is
// the text cast of a number (T of R-49). False, and nothing appended, when
// `number` is not finite.
[[nodiscard]] bool AppendPlainNumber(std::string& out, double number);

}  // namespace sluice::http
