// What the server knows of a folder beside its rows: collections with their
// rules parsed, and settings. Immutable; replaced whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sluice/schema.h"
#include "sluice/statistics.h"
#include "sluice/status.h"
#include "tools/server/store/auth_options.h"
#include "tools/server/store/parsed_rule.h"
#include "tools/server/store/settings.h"

namespace sluice::store {

struct CollectionRules {
  ParsedRule list;
  ParsedRule view;
  ParsedRule create;
  ParsedRule update;
  ParsedRule del;  // `delete` is a keyword
  ParsedRule manage;
};

// What is the server's to say, not the folder's.
struct SnapshotOptions {
  // What a caller may not see has no influence on its answers, also where the
  // peer lets it through (`serve --strict`).
  bool strict = false;
  // What a query may cost by its estimate (records/plan_cost.h); 0: anything.
  double cost_max = 0;
};

struct Snapshot {
  // SQLite's own count of changes of tables, with which this agrees.
  std::int64_t schema_version = -1;
  std::shared_ptr<const Schema> schema;
  // Of the tables, as they were when this was loaded; never null.
  std::shared_ptr<const Statistics> statistics = std::make_shared<const Statistics>();
  StringMap<CollectionRules> rules;           // by collection id
  StringMap<std::string> auth_token_secrets;  // by collection id
  // Of auth collections, by collection id.
  StringMap<std::shared_ptr<const AuthOptions>> auth_options;
  Settings settings;
  bool strict = false;  // both as in SnapshotOptions
  double cost_max = 0;

  const CollectionRules& RulesOf(const Collection& collection) const {
    return rules.find(collection.id)->second;
  }
  // `collection` is an auth collection of this snapshot.
  const AuthOptions& AuthOptionsOf(const Collection& collection) const {
    return *auth_options.find(collection.id)->second;
  }
};

}  // namespace sluice::store
