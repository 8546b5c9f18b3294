// How a plan came to its answer on one record: the truth of every condition
// with the values it compared, and the related rows that decided it. For
// people who ask why (`sluice why`); not for requests.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sluice/predicate.h"

namespace sluice {

// What one variable stood for.
struct TracedRow {
  VarId var = kBaseVar;
  bool null_row = false;  // nothing there: all its values are NULL
  std::string id;         // of a row; empty for elements
  Value element;
};

// A condition at the assignment that is shown.
struct TracedCond {
  // False where nothing was looked at: below an all-values part that holds.
  bool seen = false;
  Truth truth = Truth::kUnknown;
  Value left;  // of comparisons
  Value right;
  // At how many assignments it was FALSE, TRUE and UNKNOWN (by Truth), as far
  // as they were tried.
  std::array<std::uint64_t, 3> counts{};
  // AllValuesCond that is FALSE: the values that object. The truth and the
  // values of the conditions below it are those of this assignment.
  std::vector<TracedRow> objection;
};

struct Trace {
  bool matches = false;
  // Tried until one was TRUE; not all of them when `complete` is false.
  std::uint64_t assignments = 0;
  bool complete = true;
  // The assignment that is shown: the first that makes the whole TRUE, else
  // the first of those that come nearest, by the share of conjuncts that hold.
  std::vector<TracedRow> rows;
  std::vector<TracedCond> conds;  // by CondId
};

struct TraceLimits {
  std::uint64_t assignments_max = 100'000;
  PredicateLimits predicate;
};

// `plan` is as Bind gave it. `matches` is what Predicate::Matches answers, and
// it fails where that fails.
StatusOr<Trace> TraceMatch(const Plan& plan, const RecordView& record, RowSource* rows,
                           const TraceLimits& limits = {});

}  // namespace sluice
