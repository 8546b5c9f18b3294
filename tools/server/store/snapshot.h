// What the server knows of a folder beside its rows: collections with their
// rules parsed, and settings. Immutable; replaced whole.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/ast.h"
#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/store/settings.h"

namespace sluice::store {

// A rule ready to bind. `locked`: superusers only. Without a tree and without
// an error it is open to everyone. A rule that does not parse fails every
// request that needs it (F-113).
struct ParsedRule {
  bool locked = true;
  std::optional<Ast> ast;
  Status error;

  bool open() const { return !locked && !ast && error.ok(); }
};

struct CollectionRules {
  ParsedRule list;
  ParsedRule view;
  ParsedRule create;
  ParsedRule update;
  ParsedRule del;  // `delete` is a keyword
  ParsedRule manage;
};

struct Snapshot {
  std::shared_ptr<const Schema> schema;
  StringMap<CollectionRules> rules;           // by collection id
  StringMap<std::string> auth_token_secrets;  // by collection id
  Settings settings;

  const CollectionRules& RulesOf(const Collection& collection) const {
    return rules.find(collection.id)->second;
  }
};

}  // namespace sluice::store
