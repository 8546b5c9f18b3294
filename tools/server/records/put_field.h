// The fast half of AppendFieldJson: values in the spelling in which nearly all
// are stored, written to memory. Pure and thread-safe.
#pragma once

#include <cstddef>

#include "sluice/schema.h"
#include "sluice/value.h"

namespace sluice::records {

// Writes the bytes that AppendFieldJson would append, and returns their end.
// Null for a value that takes more care; what was written then means nothing.
// `out` has room for PlainFieldRoom(value).
char* PutPlainField(char* out, const Field& field, const ValueView& value);
std::size_t PlainFieldRoom(const ValueView& value);

}  // namespace sluice::records
