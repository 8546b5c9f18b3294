// Runs a compiled predicate on one record. Private to engine/.
#pragma once

#include "absl/functional/function_ref.h"

#include "engine/predicate_program.h"
#include "sluice/predicate.h"

namespace sluice {

// One assignment of an evaluation, seen from inside of it.
class Assignment {
 public:
  virtual ~Assignment() = default;
  virtual Truth TruthOf(CondId cond) = 0;
  virtual Value ValueOf(ExprId expr) = 0;
  // Null for the NULL row and for elements.
  virtual const RecordView* RowOf(VarId var) const = 0;
  virtual Value ElementOf(VarId var) const = 0;
};

// Gives the truth of an observed condition.
using Observer = absl::FunctionRef<Truth(CondId observed, Assignment& assignment)>;

// The same of a program with kObserve conditions; their `first` is what the
// observer is asked about.
StatusOr<bool> RunObserved(const PredicateProgram& program, const RecordView& record,
                           RowSource* rows, const PredicateLimits& limits, Observer observer);

// `slots` holds the values of all slots; null: those that were compiled in.
StatusOr<bool> RunPredicate(const PredicateProgram& program, const RecordView& record,
                            RowSource* rows, const PredicateLimits& limits,
                            const ValueView* slots = nullptr);

}  // namespace sluice
