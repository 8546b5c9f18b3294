#include "tools/server/writes/service.h"

#include <future>

#include "tools/server/threads/guard.h"

namespace sluice::writes {
namespace {

// Files that a record of an id that was deleted before has again.
void KeepNewFiles(Effects& effects) {
  for (StoredFile& removed : effects.removed_files) {
    if (!removed.name.empty()) continue;
    for (const Event& event : effects.events) {
      const Record& record = event.record;
      if (event.action == Action::kDelete || record.id() != removed.record_id ||
          record.collection->id != removed.collection_id)
        continue;
      for (const fields::FieldValue& value : record.values) {
        for (const fields::UploadPtr& upload : value.uploads) removed.kept.push_back(upload->name);
      }
    }
  }
}

}  // namespace

void WriteService::Submit(Work work, Done done, store::JobKind kind) {
  auto effects = std::make_shared<Effects>();
  auto snapshot = std::make_shared<std::shared_ptr<const store::Snapshot>>();
  const auto job = [this, work = std::move(work), effects,
                    snapshot](store::Connection& connection) {
    *effects = Effects();
    *snapshot = catalog_.current();
    Scope scope{*snapshot, connection, *effects};
    return work(scope);
  };
  auto shared_done = std::make_shared<Done>(std::move(done));
  const auto ended = [this, shared_done, effects, snapshot](const Status& status) {
    if (status.ok()) {
      // Whatever fails here for want of memory: somebody waits for `done`.
      threads::Try([&] {
        if (effects->removed_files.empty() || !remove_files_) return;
        KeepNewFiles(*effects);
        remove_files_(effects->removed_files);
      });
      threads::Try([&] {
        if (!effects->events.empty() && listener_) listener_(*snapshot, effects->events);
      });
    }
    (*shared_done)(status);
  };
  if (!writer_.Submit(job, ended, kind))
    (*shared_done)(absl::UnavailableError("too many writes wait"));
}

Status WriteService::Run(const Work& work, store::JobKind kind) {
  std::promise<Status> outcome;
  Submit(
      work, [&outcome](const Status& status) { outcome.set_value(status); }, kind);
  return outcome.get_future().get();
}

}  // namespace sluice::writes
