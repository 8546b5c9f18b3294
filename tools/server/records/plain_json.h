// Stored JSON in the spelling in which the peer and Sluice write it, recognised
// without reading it as JSON: an answer can then take it as it is. What is not
// recognised may still be JSON.
#pragma once

#include <string_view>

#include "absl/container/inlined_vector.h"

namespace sluice::records {

// Whether `text` is {"lon":A,"lat":B} with numbers as json::AppendNumber spells
// them, of at most 15 digits: the bytes that such a point becomes.
bool IsPlainPoint(std::string_view text);

// Whether `text` is an array of strings, none of them empty, of nothing but ASCII
// that needs no escape, with one blank or none behind each comma; then `values`
// are views of them, else it is left empty.
bool ReadPlainList(std::string_view text, absl::InlinedVector<std::string_view, 8>& values);

}  // namespace sluice::records
