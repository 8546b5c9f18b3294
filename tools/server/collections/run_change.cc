#include "tools/server/collections/run_change.h"

#include <future>

#include "tools/server/collections/field_errors.h"
#include "tools/server/threads/guard.h"

namespace sluice::collections {

Status RunChange(const Workplace& place,
                 const std::function<Status(store::Connection&, const Schema&)>& job) {
  std::promise<Status> outcome;
  const auto run = [&](store::Connection& connection) {
    const std::shared_ptr<const store::Snapshot> snapshot = place.catalog.current();
    return job(connection, *snapshot->schema);
  };
  const auto done = [&](const Status& status) {
    Status result = status;
    // Without memory for that the catalog's own watch sees the change a little later.
    if (result.ok()) result = threads::Guarded([&] { return place.catalog.Reload(); });
    outcome.set_value(result);
  };
  if (!place.writer.Submit(run, done, store::JobKind::kAlone))
    return absl::UnavailableError("too many writes wait");
  Status status = outcome.get_future().get();
  if (!status.ok()) return status;
  store::AnnounceChange(place.folder, "collections");
  // Statistics of what is new, from a sample (S-38). They may be missing.
  (void)place.writer.Run(
      [](store::Connection& connection) { return connection.Execute("PRAGMA optimize"); },
      store::JobKind::kOutside);
  return status;
}

Status IndexFailure(const store::TableResult& result, const Draft& draft,
                    const std::string& message) {
  const auto position = static_cast<std::size_t>(result.failed_index);
  const std::optional<Index> index =
      position < draft.indexes.size() ? ParseIndex(draft.indexes[position]) : std::nullopt;
  FieldErrors errors;
  errors.Add({"indexes", std::to_string(result.failed_index)},
             {"validation_invalid_index_expression",
              "Failed to create index " + (index ? index->name : std::string()) + " - " +
                  std::string(AsStd(result.status.message()))});
  return http::MakeStatus({.status = 400, .message = message, .data = errors.Take()});
}

}  // namespace sluice::collections
