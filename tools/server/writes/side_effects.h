// What the write of an auth record changes beside it (R-106, R-107, R-155,
//
#pragma once

#include "sluice/status.h"
#include "tools/server/writes/save.h"

namespace sluice::writes {

// Sets what the row itself must say: a fresh token key where old tokens end,
// and that superusers are verified.
Status BeforeAuthSave(Scope& scope, Record& record);

// Ends what hangs on the old password, key or address. `record.before` is still
// the old one.
Status AfterAuthSave(Scope& scope, const Record& record);

// Deletes the rows of system collections that are about a record that is gone.
Status DeleteDependents(Scope& scope, const Record& record);

}  // namespace sluice::writes
