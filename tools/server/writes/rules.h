// Rules of writes, asked of one record.
#pragma once

#include "sluice/status.h"
#include "tools/server/records/caller.h"
#include "tools/server/store/snapshot.h"
#include "tools/server/writes/record.h"

namespace sluice::writes {

// Whether the rule holds on a record that is not stored yet:
// evaluated in memory, related rows read by the caller's connection. A rule
// that cannot be bound, or that follows a back relation of the new record
// does not hold. The rule must not be locked; an open one holds.
StatusOr<bool> HoldsOnNew(const records::Caller& caller, const store::ParsedRule& rule,
                          const RecordColumns& columns, const Collection& collection);

// Whether it holds on the stored row: in memory where the rule
// reads nothing else, else by SQL. A rule that fails does not hold.
StatusOr<bool> HoldsOnStored(const records::Caller& caller, const store::ParsedRule& rule,
                             const Record& record);

}  // namespace sluice::writes
