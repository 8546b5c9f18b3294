// JSON as SQLite 3.53 reads it: strict validity, extraction, array elements,
// straight from the text without a tree (F-75, F-76, F-79, F-80, F-86).
//
// Texts end at their first NUL, as SQLite reads them. Pure functions; a value
// handed out points into the stored text or into the `storage` given along.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "sluice/value.h"

namespace sluice {

// SQLite's json_valid(X): RFC 8259, nested at most 1000 deep.
bool IsValidJson(std::string_view text);

// The value at `path` (`$`, `$.key`, `$.a.b[0]`) of a column's stored value. A
// value that is no valid JSON counts as a JSON string of the raw text (F-80).
// Fails where a step that is reached has an empty key.
StatusOr<ValueView> ReadJson(const ValueView& stored, std::string_view path, std::string* storage);

// The elements of a stored list one by one: those of a valid JSON array, else
// the one raw value. An empty array has none.
class JsonElements {
 public:
  explicit JsonElements(const ValueView& stored);

  // The next element, or false. A text may point into `storage`, which the
  // next call with the same storage overwrites.
  bool Next(ValueView* element, std::string* storage);

 private:
  ValueView single_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  bool is_array_ = false;
  bool done_ = false;
};

// `:length` (F-75): 0 for NULL and '', 1 for what is no array.
std::int64_t JsonLength(const ValueView& stored);

}  // namespace sluice
