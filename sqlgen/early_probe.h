// Rows along a path of single relations that are looked up early.
#pragma once

#include <optional>
#include <vector>

#include "sluice/plan.h"
#include "sqlgen/sql_writer.h"

namespace sluice {

// For SQLite. The rows behind two or more single relations of which one `~` at the
// top of the condition asks a column, and nothing else asks anything
// (`post.author.name ~ 'x'`). They need no join: a scalar subquery finds the same
// row, or none, which LIKE takes like the NULL row of an outer join.
//
// A LEFT JOIN has its turn after all tables before it, so of a walk that starts at
// the posts the author would be looked up for each comment; a subquery has it as
// soon as the post is there. Tables are met in the same order either way: of
// LIKE, a function, SQLite does not know that NULL fails it, so it cannot start at
// the author of a LEFT JOIN (sqlite.org/optoverview.html, 10). An EXISTS would be
// made a join, before which SQLite may read all authors.
std::vector<VarId> EarlyProbes(const Plan& plan);

// The one of `probes` that `term` asks.
std::optional<VarId> ProbeOf(const Plan& plan, CondId term, const std::vector<VarId>& probes);

// Appends the condition with its row from a subquery.
void AppendProbe(SqlWriter& out, const Plan& plan, CondId term, VarId row);

}  // namespace sluice
