// The shapes of what collections hold: fields by type (S-20) and the options of
// auth collections (S-23).
#pragma once

#include "sluice/schema.h"
#include "tools/server/collections/typed_json.h"

namespace sluice::collections {

const Shape& FieldShape(FieldType type);
const Shape& AuthShape();

}  // namespace sluice::collections
