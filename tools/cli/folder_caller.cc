#include "tools/cli/folder_caller.h"

#include <chrono>

#include "sluice/binder.h"
#include "sluice/sql.h"
#include "tools/server/records/query.h"

namespace sluice::cli {

StatusOr<FolderCaller> FindCaller(const std::string& as, const store::Snapshot& snapshot,
                                  store::Connection& connection) {
  FolderCaller caller;
  if (as.empty()) return caller;
  if (as == "superuser" || as == "root") {
    caller.name = "a superuser";
    caller.superuser = true;
    return caller;
  }
  const std::size_t slash = as.find('/');
  const Collection* collection =
      slash == std::string::npos ? nullptr : snapshot.schema->Find(as.substr(0, slash));
  if (collection == nullptr || !collection->is_auth()) {
    return absl::InvalidArgumentError(
        "--as takes COLLECTION/ID of an auth collection, or `superuser`");
  }
  AuthRecord& record = caller.record;
  record.id = as.substr(slash + 1);
  Query query;
  query.collection = collection;
  query.row_id = &record.id;
  SLUICE_ASSIGN_OR_RETURN(const Plan plan,
                          Bind(query, *snapshot.schema, {.filter_mode = BindMode::kOpen}));
  SelectOptions options;
  options.columns = {"email", "emailVisibility", "verified"};
  SLUICE_RETURN_IF_ERROR(records::RunStatement(
      connection, plan, SelectRows(plan, Sqlite(), options), {}, [&](const store::Statement& row) {
        record.collection = collection;
        record.email = std::string(row.Column(0).text);
        record.email_visibility = row.Column(1).integer == 1;
        record.verified = row.Column(2).integer == 1;
        return absl::OkStatus();
      }));
  if (record.collection == nullptr) return absl::NotFoundError("there is no record " + as);
  caller.name = collection->name + "/" + record.id;
  caller.superuser = collection->name == "_superusers";
  return caller;
}

UnixMillis NowMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace sluice::cli
