// A plan's condition, taken apart by what it can come to.
#pragma once

#include <optional>

#include "sluice/plan.h"

namespace sluice {

// The plan whose answer has the rows for which some assignment of the variables
// makes the condition `truth`. The language has no NOT, so this works on plans:
// each comparison has an exact complement here, and a NULL on either side is what
// makes one UNKNOWN. Nothing for plans that hold an id list.
std::optional<Plan> PartOf(const Plan& plan, Truth truth);

}  // namespace sluice
