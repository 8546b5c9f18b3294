// Private to this folder; callers have GenerateText of apply.h.
#pragma once

#include <string>

#include "tools/server/fields/field_rules.h"

namespace sluice::fields {

// A fresh value of the field's autogeneratePattern; empty without one.
std::string GenerateText(const FieldOptions& options);

}  // namespace sluice::fields
