// Tested by tests/server/crons_test.cc.
#include "tools/server/crons/built_in.h"

#include <chrono>

#include "tools/server/store/maintenance.h"
#include "tools/server/store/system_tables.h"

namespace sluice::crons {
namespace {

Status Optimize(const std::string& folder) {
  SLUICE_RETURN_IF_ERROR(store::CareFor(folder + "/auxiliary.db", false));
  return store::CareFor(folder + "/data.db", true);
}

}  // namespace

Status RemoveExpired(writes::WriteService& writes, Session session) {
  const auto now = std::chrono::system_clock::now();
  return writes.Run([&](writes::Scope& scope) -> Status {
    const Collection* table = scope.schema().Find(session == Session::kMfa ? "_mfas" : "_otps");
    if (table == nullptr) return absl::OkStatus();
    for (const auto& owner : scope.schema().collections()) {
      if (!owner->is_auth()) continue;
      const store::AuthOptions& options = scope.snapshot->AuthOptionsOf(*owner);
      // The features' being off does not matter.
      const std::int64_t seconds =
          session == Session::kMfa ? options.mfa_duration : options.otp_duration;
      const std::string oldest = store::StoredTime(now - std::chrono::seconds(seconds));
      SLUICE_ASSIGN_OR_RETURN(
          const std::vector<writes::Record> rows,
          writes::FindRecordsBy(scope.connection, *table, {{"collectionRef", owner->id}}));
      for (const writes::Record& row : rows) {
        if (row.Get("created").text < oldest)
          SLUICE_RETURN_IF_ERROR(writes::DeleteRecord(scope, row));
      }
    }
    return absl::OkStatus();
  });
}

Status AddBuiltInJobs(Scheduler& scheduler, const BuiltInParts& parts) {
  SLUICE_RETURN_IF_ERROR(scheduler.Add("__pbDBOptimize__", "0 0 * * *",
                                       [folder = parts.folder] { return Optimize(folder); }));
  writes::WriteService* const writes = &parts.writes;
  SLUICE_RETURN_IF_ERROR(scheduler.Add("__pbMFACleanup__", "0 * * * *",
                                       [writes] { return RemoveExpired(*writes, Session::kMfa); }));
  SLUICE_RETURN_IF_ERROR(scheduler.Add("__pbOTPCleanup__", "0 * * * *",
                                       [writes] { return RemoveExpired(*writes, Session::kOtp); }));
  return scheduler.Add("__pbLogsCleanup__", "0 */6 * * *",
                       [log = &parts.log, catalog = &parts.catalog] {
                         const store::LogsSettings& settings = catalog->current()->settings.logs;
                         log->Prune(settings.max_days, settings.min_level);
                         return absl::OkStatus();
                       });
}

}  // namespace sluice::crons
