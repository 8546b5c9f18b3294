// What `sluice why` says beyond the rule: fields that an answer leaves out, and
// the checks that stand behind the rule of a write.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/why_report.h"
#include "tools/server/records/caller.h"

namespace sluice::cli {

// Fields of the record that the caller is not shown.
StatusOr<std::vector<WhyField>> NotShown(const records::Caller& caller,
                                         const Collection& collection, const std::string& id);

// A write that the server's own preparation refuses is not allowed; says why.
void NoteRefusal(const Status& status, WhyReport& report);

}  // namespace sluice::cli
