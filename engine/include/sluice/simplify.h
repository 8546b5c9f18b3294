// Plan -> Plan: the laws of design/core.md 2 that remove joins and DISTINCT.
#pragma once

#include <vector>

#include "sluice/plan.h"

namespace sluice {

struct SimplifyOptions {
  // Comparisons between constants of this very request become TRUE or FALSE.
  bool fold_constants = true;
  // Each variable is bound by the smallest condition that holds all its uses.
  bool bind_variables = true;
};

// An equal plan, cheaper to run: constants folded, junctions flattened,
// multiplying variables bound by the smallest Exists that holds all their
// uses, unused variables dropped. Free variables that remain are to-one, or
// tied to a sort key (F-137). Each law applied is named in `passes`.
// The result has the same answer on every database (engine/README.md).
Plan Simplify(Plan plan, const SimplifyOptions& options = {});

// Free variables that the condition, and `with_sort` the sort keys, mention,
// with all that lead to them; in tree order. What a statement joins (F-126).
std::vector<VarId> UsedFreeVariables(const Plan& plan, bool with_sort);

// True when `cond` cannot be TRUE while `var`, and all variables below it, are
// the all-NULL row: then an inner join serves for it.
bool RejectsNullRow(const Plan& plan, CondId cond, VarId var);

// True when `cond` cannot be FALSE there: then NOT EXISTS may join inner.
bool NeverFalseOnNullRow(const Plan& plan, CondId cond, VarId var);

}  // namespace sluice
