// Conditions to SQL: junctions, and the scopes that Exists and AllValues open.
#pragma once

#include <vector>

#include "sluice/plan.h"
#include "sqlgen/sql_writer.h"

namespace sluice {

// `id` as a boolean expression, in parentheses where it needs them.
void AppendCondition(SqlWriter& out, const Plan& plan, CondId id);

// `FROM …` of variables that a scope binds, parents first, and the conditions
// that tie those which join inner to their parents; those are left for the
// scope's WHERE, each followed by ` AND `.
// `inner[i]` says that variables[i] may drop its all-NULL row; `tied` that the
// first is tied to its parent.
void AppendScope(SqlWriter& out, const Plan& plan, const std::vector<VarId>& variables,
                 const std::vector<bool>& inner, bool tied = true);

}  // namespace sluice
