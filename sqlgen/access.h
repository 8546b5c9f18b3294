// How a database that takes a statement's text literally should get at rows, by
// what indexes there are. Never what an answer is, only how long it takes.
// Private to sqlgen/.
#pragma once

#include <optional>
#include <vector>

#include "sluice/dialect.h"
#include "sluice/plan.h"

namespace sluice {

// SQLite does much as it is written; where a database meets rows in no order of
// its own, its planner chooses better than we do.
inline bool TakesTextLiterally(const Dialect& dialect) { return !dialect.OrdersTies(); }

// Whatever is TRUE with the condition is TRUE of each of these.
std::vector<const CompareCond*> Conjuncts(const Plan& plan, CondId id);

// The column of `var` that the comparison equates with a slot; null when it is
// anything else.
const Field* EquatedColumn(const Plan& plan, const CompareCond& compare, VarId var);

// The rows that `exists` asks for hang on nothing but each other: they can be
// listed for all base rows together.
bool IsAlone(const Plan& plan, const ExistsCond& exists);

// An index finds the few base rows that the plain conditions leave.
bool BaseIsNarrow(const Plan& plan);

// The column of the base rows that the term sorts by; null when it is anything else.
const Field* SortColumn(const Plan& plan, const SortTerm& term);

// True when an index gives the base rows in the order of the sort.
bool IndexGivesOrder(const Plan& plan);

// No two rows tie in the plan's sort, so nobody sees where the database starts.
bool IsTotalOrder(const Plan& plan);

// A list one of whose elements `exists` equates with a slot: rows whose text does
// not hold the value need no look at their elements.
struct ListProbe {
  VarId row = kBaseVar;  // whose column the list is
  const Field* field = nullptr;
  SlotId value = 0;
};
std::optional<ListProbe> FindListProbe(const Plan& plan, const ExistsCond& exists);

// The terms of a conjunction, what is dear to ask of a row behind what is cheap:
// SQLite asks them as they are written.
std::vector<CondId> CheapestFirst(const Plan& plan, const std::vector<CondId>& terms);

}  // namespace sluice
