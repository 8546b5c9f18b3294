// What `sluice audit` finds, and its two printed forms.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/ast.h"
#include "tools/cli/audit_rules.h"

namespace sluice::cli {

enum class Severity : std::uint8_t { kInfo, kLow, kMedium, kHigh };
std::string_view ToText(Severity severity);
std::optional<Severity> ParseSeverity(std::string_view text);

struct Finding {
  Severity severity = Severity::kLow;
  std::string code;   // stable: `guest-empty-auth`
  std::string where;  // `posts.updateRule`, `users.email`
  std::string rule;   // its text, where the finding is in one
  Span span;
  std::string why;
  std::string advice;
};

// What callers of each kind may do with a field; by the name of the kind.
struct FieldAccess {
  std::string field;
  std::map<std::string, std::string> read;
  std::map<std::string, std::string> filter;
  std::map<std::string, std::string> sort;
  std::map<std::string, std::string> expand;  // relations only
  std::map<std::string, std::string> write;
};

struct RuleAccess {
  std::string name;
  RuleText text;
  std::map<std::string, Reach> reach;
};

struct CollectionAccess {
  std::string collection;
  std::string type;
  std::vector<RuleAccess> rules;
  std::vector<FieldAccess> fields;
};

struct AuditReport {
  std::vector<std::string> callers;  // `guest`, then auth collections, `manager`, `superuser`
  std::vector<CollectionAccess> collections;
  std::vector<Finding> findings;  // the gravest first
};

std::string ToText(const AuditReport& report);
std::string ToJson(const AuditReport& report);

// Who may do what, per collection and field.
std::vector<CollectionAccess> FindAccess(AuditRules& rules);

// Mistakes in single rules; and what comes of several rules together.
void FindInRules(AuditRules& rules, std::vector<Finding>& findings);
void FindAcrossRules(AuditRules& rules, std::vector<Finding>& findings);

}  // namespace sluice::cli
