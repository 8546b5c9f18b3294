// JSON texts without a tree: one walk over the bytes that checks the grammar
// exactly as the peer's parser does and tells a handler what it passes. It
// needs neither recursion nor memory of its own. Pure and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/server/records/json_walk.h"

namespace sluice::records {

// True when `text` is one JSON value, with whitespace around it or not, nested
// no deeper than kJsonDepthMax.
bool IsValidJson(std::string_view text);

// Appends the JSON value `text` as the peer embeds one: whitespace outside
// strings removed, `<` `>` `&` U+2028 U+2029 escaped, all else, the order of
// keys and the spelling of numbers included, untouched (S-42, R-24). Bytes of
// invalid UTF-8 stay too. False, and `out` as before, when `text` is no JSON.
bool AppendCompactJson(std::string& out, std::string_view text);

// The same to memory: returns the end of what was written, or null. `out` has
// room for six times the bytes of `text`.
char* PutCompactJson(char* out, std::string_view text);

// Appends what the inside of a JSON string stands for. `raw` is a JsonString's:
// its escapes are known to be well-formed. An escaped half of a surrogate pair
// without the other one and every invalid byte become U+FFFD.
void AppendDecodedString(std::string& out, std::string_view raw);

}  // namespace sluice::records
