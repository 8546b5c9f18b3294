// Bodies with a fixed shape, read the way the peer reads them (S-49, S-50):
// keys match without case and the last one wins, what is not named stays as it
// is, objects merge, lists of objects merge by position.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "boost/json/value.hpp"

namespace sluice::collections {

enum class ShapeKind : std::uint8_t {
  kText,
  kBool,
  kInteger,
  kNumber,        // or null
  kNullableText,  // a rule
  kNullableBool,
  kTexts,    // or null
  kObjects,  // a list of objects, or null
  kObject,
  kAnyObject,  // or null
  kDate,       // the normal form of S-43; what is no date is empty
};

// What a value may be. Trees of shapes are made once and shared.
struct Shape {
  ShapeKind kind = ShapeKind::kText;
  std::vector<std::string> keys = {};  // kObject, kObjects: in the order of storage
  std::vector<Shape> members = {};     // one for each key
};

// How a body came: the values of forms are texts that turn into what is asked
// for, and `a.b` names the key b of the object a.
enum class BodyKind : std::uint8_t { kJson, kForm };

// The value of a shape that nobody has set.
boost::json::value ZeroValue(const Shape& shape);

// Lays `from` over `into`, which has the shape; false when a value is of
// another kind than the shape says, and `into` is then of no use.
bool MergeTyped(boost::json::value& into, const boost::json::value& from, const Shape& shape,
                BodyKind kind);

// The body of a form with the keys `a.b` put into objects; one level, for the
// keys of `shape` only.
boost::json::object NestFormKeys(const boost::json::object& form, const Shape& shape);

// The last member of that name without case; null when there is none.
const boost::json::value* FindKey(const boost::json::object& object, std::string_view key);

}  // namespace sluice::collections
