// The jobs that every server has (S-11, A-117).
#pragma once

#include <string>

#include "tools/server/crons/scheduler.h"
#include "tools/server/logs/activity_log.h"
#include "tools/server/store/catalog.h"
#include "tools/server/writes/service.h"

namespace sluice::crons {

struct BuiltInParts {
  std::string folder;
  store::Catalog& catalog;
  writes::WriteService& writes;
  logs::ActivityLog& log;
};

// Adds them, in the order of S-94. The parts outlive the scheduler's thread.
Status AddBuiltInJobs(Scheduler& scheduler, const BuiltInParts& parts);

// Removes the rows of `_mfas` or `_otps` that are older than their collection
// allows.
enum class Session : std::uint8_t { kMfa, kOtp };
Status RemoveExpired(writes::WriteService& writes, Session session);

}  // namespace sluice::crons
