// Random requests to the records API, answered as the server would, without one.
#pragma once

#include <memory>
#include <string>

#include "sluice/request_context.h"
#include "sluice/schema.h"
#include "tests/support/random_world.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/snapshot.h"

namespace sluice {

// A list, or with `id` a view.
struct ListRequest {
  std::string collection;
  std::string id;
  std::string filter;
  std::string sort;
  std::string expand;
  std::string fields;
  std::string page;
  std::string per_page;
  std::string skip_total;

  std::string Show() const;
};

ListRequest MakeListRequest(RandomWorld& random);

// What the server knows of a folder with that schema.
std::shared_ptr<const store::Snapshot> SnapshotOf(std::shared_ptr<const Schema> schema,
                                                  bool strict);

// Status and body of the answer. `auth` is null for guests.
std::string Answer(const store::Snapshot& snapshot, store::Connection& connection,
                   const AuthRecord* auth, const ListRequest& request);

}  // namespace sluice
