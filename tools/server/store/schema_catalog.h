// `_collections` and `_params` of a data folder -> Snapshot (S-14 to S-24).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tools/server/store/connection.h"
#include "tools/server/store/snapshot.h"

namespace sluice::store {

// Turns stored settings that are no JSON into JSON: they are encrypted (S-15).
// Without one, such settings are an error.
using SettingsOpener = std::function<StatusOr<std::string>(std::string_view stored)>;

// What is stored (ReadSettingsRow) as settings. kFailedPrecondition with a
// message for a person when it cannot be read.
StatusOr<Settings> ParseSettings(const std::string& stored, const SettingsOpener& opener);

// Reads everything anew. kFailedPrecondition with a message for a person when
// the folder is no PocketBase folder, is from before 0.23 (S-14), or holds a
// field type that nobody knows (S-19).
StatusOr<std::shared_ptr<const Snapshot>> LoadSnapshot(Connection& connection,
                                                       const SettingsOpener& opener = nullptr,
                                                       const SnapshotOptions& options = {});

// One row of `_collections` (S-16). `fields`, `indexes` and `options` are JSON.
struct CollectionRow {
  std::string id;
  bool system = false;
  std::string type;
  std::string name;
  std::string fields;
  std::string indexes;
  RuleText list_rule;
  RuleText view_rule;
  RuleText create_rule;
  RuleText update_rule;
  RuleText delete_rule;
  std::string options;
  std::string created;
  std::string updated;
};

// The collection that a row means. Fails as LoadSnapshot does. View columns
// have no affinity yet, which only the database knows.
StatusOr<std::shared_ptr<Collection>> MakeCollection(CollectionRow row);

// A text that differs when collections or settings differ: the test for
// changes by another process.
StatusOr<std::string> CatalogFingerprint(Connection& connection);

}  // namespace sluice::store
