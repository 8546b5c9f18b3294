// What stands in the tables of a fresh folder (S-13, S-23 to S-25).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/server/store/system_tables.h"

namespace sluice::folder {

// A collection with the statements that make its table and indexes.
struct DefaultCollection {
  store::CollectionRow row;
  std::vector<std::string> statements;
};

// The five system collections and `users`, in the peer's order, with fresh
// token secrets. `now` is their time of creation.
std::vector<DefaultCollection> DefaultCollections(std::string_view now);

// The migrations that such a folder has behind it, in their order.
std::vector<std::string> SystemMigrations();

}  // namespace sluice::folder
