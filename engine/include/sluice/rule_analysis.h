// What a rule can come to, whatever the rows hold: for audits, not for requests.
//
// The rule is bound for one kind of caller and tried over a small model: each
// column, list element and value of the request takes the values that the rule
// can tell apart (the constants it is compared with, the caller's id, empty,
// NULL behind a relation, and others). Conditions that the model cannot decide,
// such as LIKE or JSON paths, may be true or not. So `can_hold` and `can_fail`
// err on the side of true.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/ast.h"
#include "sluice/request_context.h"
#include "sluice/schema.h"
#include "sluice/status.h"
#include "sluice/value.h"

namespace sluice {

struct RuleQuestion {
  const Collection* collection = nullptr;
  const Ast* rule = nullptr;
  // Null: a guest. Its id stands for that of any record of its collection.
  const AuthRecord* auth = nullptr;
  // A create rule: the row is what the client sends.
  bool virtual_row = false;
  // Columns of the row that are known, by field name.
  std::vector<std::pair<std::string, Value>> row;
  // What the client sends, where that is known; else anything.
  const JsonValue* body = nullptr;
};

// One comparison of the rule.
struct ComparisonVerdict {
  Span span;
  bool can_hold = false;
  bool can_fail = false;
  // Somewhere the rule holds only because this comparison does.
  bool decides = false;
};

struct RuleVerdict {
  bool can_hold = false;
  bool can_fail = false;
  // What the client may choose (query, headers, body) can make it hold for
  // every row, and something else makes it fail.
  bool request_decides = false;
  // False: the model was too large, and comparisons were tried one by one.
  bool exact = true;
  std::vector<ComparisonVerdict> comparisons;  // in the order they are written
};

// kInvalidArgument with a Diagnostic where the rule cannot be bound.
StatusOr<RuleVerdict> AnalyzeRule(const RuleQuestion& question, const Schema& schema);

// The names that the rule reads, in order: `author`, `@request.auth.id`.
struct RuleName {
  std::string_view text;
  Span span;
};
std::vector<RuleName> NamesOf(const Ast& rule);

}  // namespace sluice
