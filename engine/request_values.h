// Values of a request's body, query and headers (F-93 to F-95). Private to
// engine/.
#pragma once

#include <string_view>

#include "sluice/plan.h"
#include "sluice/request_context.h"
#include "sluice/value.h"

namespace sluice {

// What is at `body.a.0`, `query.x` or `headers.x_y`; null when nothing is.
// `scratch` may hold it.
const JsonValue* FindRequestValue(const RequestContext& request, std::string_view path,
                                  JsonValue& scratch);

RequestLook::State StateOf(const JsonValue* value);

// The bound value of one that is present. `number_field`: a text that is a
// number counts as one.
Value RequestValueOf(const JsonValue& value, bool number_field);

// The pattern that `~` makes of it: of a bool, its name.
Value RequestPatternOf(const JsonValue& value, bool number_field);

}  // namespace sluice
