// What a plan will cost, roughly, before it is run: so that a request that could
// not end is told so at once (`serve --max-cost`).
#pragma once

#include <cstdint>

#include "absl/functional/function_ref.h"

#include "sluice/plan.h"
#include "tools/server/store/table_sizes.h"

namespace sluice::records {

// In looks: one comparison of one row, 100 ns with SQLite, more where an index
// leads to it. The estimate is a
// friendly one where it cannot know: what is equated is found by an index and is
// one row, other comparisons leave one row in a thousand of those they narrow
// (orderings of two tables' rows one in two, inequalities all), any order by a column has an index,
// and views are one row. It is not a bound from below: what has its answer at the first row looked
// at may end early.
struct PlanCost {
  double once = 0;      // whatever the rows
  double scan = 0;      // the base rows, by what concerns them alone
  double rows = 0;      // base rows of which more is asked
  double per_row = 0;   // of each of them
  double joins = 0;     // tables that are met, however deep
  bool sorted = false;  // all rows are met before the first is answered

  // Of `rows_asked` rows of the answer; below 0: of all, or of their number.
  double For(double rows_asked) const;
};

using SizesOf = absl::FunctionRef<const store::TableSizes&(const Collection&)>;

// `plan` is simplified.
PlanCost EstimateCost(const Plan& plan, SizesOf sizes);

}  // namespace sluice::records
