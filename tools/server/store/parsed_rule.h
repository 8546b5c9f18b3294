// A rule ready to bind.
#pragma once

#include <optional>

#include "sluice/ast.h"
#include "sluice/schema.h"
#include "sluice/status.h"

namespace sluice::store {

// `locked`: superusers only. Without a tree and without an error it is open to
// everyone. A rule that does not parse fails every request that needs it
// (F-113).
struct ParsedRule {
  bool locked = true;
  std::optional<Ast> ast;
  Status error;

  bool open() const { return !locked && !ast && error.ok(); }
};

ParsedRule ParseRule(const RuleText& text);

}  // namespace sluice::store
