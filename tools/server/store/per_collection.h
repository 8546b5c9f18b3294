// What is worked out of a collection once by each thread, for as long as the
// thread asks about the same snapshot's schema.
#pragma once

#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "sluice/schema.h"
#include "sluice/thread_owned.h"

namespace sluice::store {

// The `T` that `make` gives for a key: a collection, or a pair that holds one.
// Valid until this thread asks in another schema. Each `T` and `Key` pair keeps
// one table a thread.
template <typename T, typename Key, typename Make>
const T& KeptOf(const std::shared_ptr<const Schema>& schema, const Key& key, const Make& make) {
  struct Kept {
    std::shared_ptr<const Schema> schema;  // kept alive, so that its address stays its own
    absl::flat_hash_map<Key, std::unique_ptr<const T>> of;
  };
  Kept& kept = ThreadOwned<Kept>();
  if (kept.schema != schema) kept = Kept{schema, {}};
  std::unique_ptr<const T>& entry = kept.of[key];
  if (entry == nullptr) entry = std::make_unique<const T>(make());
  return *entry;
}

}  // namespace sluice::store
