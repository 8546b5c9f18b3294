// `_logs` of auxiliary.db (S-26, S-92).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/log_rows.h"

namespace sluice::store {

// Opens the file for writing; makes it, and the table, where they are missing
// (S-13).
StatusOr<std::unique_ptr<Connection>> OpenLogs(const std::string& path);

// In a transaction of the caller's. The ids of the rows follow each other from a
// random one: as likely to be new as random ones, and side by side in the index.
Status InsertLogs(Connection& connection, const LogRows& rows);

// Calls `on_request` with `data` of each logged request, the newest first, at most
// `max` of them.
Status ForEachLoggedRequest(Connection& connection, std::int64_t max,
                            const std::function<void(std::string_view data)>& on_request);

// Removes what is older than `created_min` or below `level_min`.
Status DeleteLogs(Connection& connection, std::string_view created_min, std::int64_t level_min);

// Removes everything and gives the space back.
Status ClearLogs(Connection& connection);

}  // namespace sluice::store
