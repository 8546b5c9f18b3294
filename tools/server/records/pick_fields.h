// The `fields` parameter: what of a finished response body is sent.
#pragma once

#include <string>
#include <string_view>

#include "sluice/ast.h"
#include "sluice/status.h"

namespace sluice::records {

// Returns the part of the JSON text `json_body` that `fields` names, printed
// anew (F-146 to F-154): keys sorted and unique, numbers as doubles, strings
// escaped by R-21, no whitespace and no newline at the end. With `list_envelope`
// the paths apply to each element of `items`, and the other members stay. An
// empty list picks everything, but prints anew as well.
//
// Fails where the peer sends status 200 with an empty body: an array that
// starts with an object but goes on with something else (F-151), a number that
// no double holds, an excerpt of unreasonable HTML, a text that is no JSON or
// nested too deep. No nesting overflows the stack. Safe to call from several
// threads.
StatusOr<std::string> PickFields(std::string_view json_body, const FieldList& fields,
                                 bool list_envelope);

}  // namespace sluice::records
