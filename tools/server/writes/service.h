// The way from a request to the writer and back.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sluice/status.h"
#include "tools/server/store/catalog.h"
#include "tools/server/store/writer.h"
#include "tools/server/writes/save.h"

namespace sluice::writes {

class WriteService {
 public:
  // Runs on the writer's thread in a transaction (of its own or a group's) and
  // may run again after its effects were rolled back, so it sets anew all that
  // it gives to the outside. A status that is not OK undoes it.
  using Work = std::function<Status(Scope&)>;
  // Told after the commit or the rollback, on the writer's thread.
  using Done = std::function<void(const Status&)>;
  // Told of each event after its commit, in order, on the writer's thread.
  using Listener =
      std::function<void(const std::shared_ptr<const store::Snapshot>&, const std::vector<Event>&)>;
  // Removes files, soon; must not block.
  using RemoveFiles = std::function<void(const std::vector<StoredFile>&)>;

  // All outlive the service.
  WriteService(store::Catalog& catalog, store::Writer& writer, RemoveFiles remove_files)
      : catalog_(catalog), writer_(writer), remove_files_(std::move(remove_files)) {}

  void SetListener(Listener listener) { listener_ = std::move(listener); }

  // kUnavailable by `done`, at once, when too many writes wait.
  void Submit(Work work, Done done, store::JobKind kind = store::JobKind::kShared);
  // Submits and waits. Not on the writer's thread.
  Status Run(const Work& work, store::JobKind kind = store::JobKind::kShared);

 private:
  store::Catalog& catalog_;
  store::Writer& writer_;
  RemoveFiles remove_files_;
  Listener listener_;
};

}  // namespace sluice::writes
