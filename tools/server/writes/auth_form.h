// The form of auth records: what may be changed by whom, and how passwords are
// confirmed.
#pragma once

#include "sluice/status.h"
#include "tools/server/fields/apply.h"
#include "tools/server/writes/passwords.h"
#include "tools/server/writes/record.h"

namespace sluice::writes {

// All mistakes together, as the status to answer. `manager`: a superuser, or
// one whom the manage rule lets through.
Status CheckAuthForm(const Record& record, const fields::Submission& submission, bool manager,
                     PasswordWork& passwords);

}  // namespace sluice::writes
