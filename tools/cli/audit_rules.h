// Who passes which rule of a folder: the engine's analysis, asked once for each
// collection, rule and kind of caller.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "sluice/rule_analysis.h"
#include "tools/server/store/snapshot.h"

namespace sluice::cli {

enum class RuleKind : std::uint8_t { kList, kView, kCreate, kUpdate, kDelete, kManage };
inline constexpr std::array<RuleKind, 5> kApiRules = {
    RuleKind::kList, RuleKind::kView, RuleKind::kCreate, RuleKind::kUpdate, RuleKind::kDelete};

// `listRule` and its kin.
std::string_view NameOf(RuleKind kind);
const RuleText& TextOf(const Collection& collection, RuleKind kind);
inline bool IsWrite(RuleKind kind) {
  return kind == RuleKind::kCreate || kind == RuleKind::kUpdate || kind == RuleKind::kDelete;
}

// How many records a caller reaches by a rule.
enum class Reach : std::uint8_t { kNone, kSome, kAll };
std::string_view ToText(Reach reach);

// A guest, or any record of one auth collection.
struct CallerKind {
  std::string name;  // `guest`, `users`
  AuthRecord record;
  const AuthRecord* auth() const { return record.collection == nullptr ? nullptr : &record; }
};

class AuditRules {
 public:
  explicit AuditRules(const store::Snapshot& snapshot);

  // The guest first; superusers are not among them.
  const std::vector<CallerKind>& callers() const { return callers_; }
  const CallerKind& guest() const { return callers_.front(); }
  const Schema& schema() const { return *snapshot_.schema; }

  const store::ParsedRule& Parsed(const Collection& collection, RuleKind kind) const;
  // Null where there is nothing to analyse: locked, open, or no rule at all.
  const RuleVerdict* Verdict(const Collection& collection, RuleKind kind, const CallerKind& caller);
  Reach ReachOf(const Collection& collection, RuleKind kind, const CallerKind& caller);

  // Whether the rule can hold of a row with those values and that body.
  bool CanHold(const Collection& collection, RuleKind kind, const CallerKind& caller,
               const std::vector<std::pair<std::string, Value>>& row, const JsonValue& body);

 private:
  using Key = std::tuple<std::string, RuleKind, std::string>;

  const store::Snapshot& snapshot_;
  std::vector<CallerKind> callers_;
  std::map<Key, std::unique_ptr<const RuleVerdict>> verdicts_;
};

}  // namespace sluice::cli
