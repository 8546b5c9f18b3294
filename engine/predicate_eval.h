// Runs a compiled predicate on one record. Private to engine/.
#pragma once

#include "engine/predicate_program.h"
#include "sluice/predicate.h"

namespace sluice {

// `slots` holds the values of all slots; null: those that were compiled in.
StatusOr<bool> RunPredicate(const PredicateProgram& program, const RecordView& record,
                            RowSource* rows, const PredicateLimits& limits,
                            const ValueView* slots = nullptr);

}  // namespace sluice
