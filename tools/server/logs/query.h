// Lists, one row and counts of `_logs` (S-93).
#pragma once

#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/records/caller.h"
#include "tools/server/records/list.h"

namespace sluice::logs {

// The bodies of answers, ready to send. The caller's connection is one to
// auxiliary.db.
StatusOr<std::string> ListLogs(const records::Caller& caller, const records::ListParams& params);
StatusOr<std::string> ViewLog(const records::Caller& caller, const std::string& id);
// Rows by the hour, oldest first.
StatusOr<std::string> LogStats(const records::Caller& caller, std::string_view filter);

}  // namespace sluice::logs
