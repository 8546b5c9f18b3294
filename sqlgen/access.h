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

// True when `exists` may be written as `parent.id IN (SELECT column ...)`, and
// that is the safer choice: walking its rows once costs one scan at most, a probe
// for each base row may cost many times that.
bool PrefersList(const Plan& plan, const ExistsCond& exists);

// The column of the base rows that the term sorts by; null when it is anything else.
const Field* SortColumn(const Plan& plan, const SortTerm& term);

// True when an index gives the base rows in the order of the sort.
bool IndexGivesOrder(const Plan& plan);

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
