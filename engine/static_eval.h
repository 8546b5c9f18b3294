// Comparisons that need no row. Private to engine/.
#pragma once

#include <optional>

#include "sluice/plan.h"
#include "sluice/refill.h"

namespace sluice {

// The truth of a comparison whose sides are constants of the request, or
// nothing when a side reads a row or calls a function.
std::optional<Truth> EvaluateStatic(const Plan& plan, const CompareCond& compare);
// The same with these values in the plan's slots.
std::optional<Truth> EvaluateStatic(const Plan& plan, const SlotValues& values,
                                    const CompareCond& compare);

// The truth of `form` over two values whose affinities are given: the table
// that SQL text, predicate and constant folding share.
Truth CompareByForm(CompareForm form, const ValueView& left, Affinity left_affinity,
                    const ValueView& right, Affinity right_affinity);

}  // namespace sluice
