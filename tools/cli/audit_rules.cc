// Tested by tests/server/cli_audit_test.cc.
#include "tools/cli/audit_rules.h"

namespace sluice::cli {
namespace {

RuleQuestion Question(const Collection& collection, const Ast& rule, RuleKind kind,
                      const CallerKind& caller) {
  RuleQuestion question;
  question.collection = &collection;
  question.rule = &rule;
  question.auth = caller.auth();
  question.virtual_row = kind == RuleKind::kCreate;
  return question;
}

}  // namespace

std::string_view NameOf(RuleKind kind) {
  constexpr std::string_view kNames[] = {"listRule",   "viewRule",   "createRule",
                                         "updateRule", "deleteRule", "manageRule"};
  return kNames[static_cast<std::size_t>(kind)];
}

const RuleText& TextOf(const Collection& collection, RuleKind kind) {
  switch (kind) {
    case RuleKind::kList:
      return collection.list_rule;
    case RuleKind::kView:
      return collection.view_rule;
    case RuleKind::kCreate:
      return collection.create_rule;
    case RuleKind::kUpdate:
      return collection.update_rule;
    case RuleKind::kDelete:
      return collection.delete_rule;
    case RuleKind::kManage:
      break;
  }
  return collection.manage_rule;
}

std::string_view ToText(Reach reach) {
  return reach == Reach::kNone ? "none" : reach == Reach::kSome ? "some" : "all";
}

AuditRules::AuditRules(const store::Snapshot& snapshot) : snapshot_(snapshot) {
  callers_.push_back({"guest", {}});
  for (const auto& collection : snapshot.schema->collections()) {
    if (!collection->is_auth() || collection->name == "_superusers") continue;
    CallerKind caller{collection->name, {}};
    caller.record.collection = collection.get();
    caller.record.id = "the caller";
    caller.record.email = "caller@example.com";
    callers_.push_back(std::move(caller));
  }
}

const store::ParsedRule& AuditRules::Parsed(const Collection& collection, RuleKind kind) const {
  const store::CollectionRules& rules = snapshot_.RulesOf(collection);
  switch (kind) {
    case RuleKind::kList:
      return rules.list;
    case RuleKind::kView:
      return rules.view;
    case RuleKind::kCreate:
      return rules.create;
    case RuleKind::kUpdate:
      return rules.update;
    case RuleKind::kDelete:
      return rules.del;
    case RuleKind::kManage:
      break;
  }
  return rules.manage;
}

const RuleVerdict* AuditRules::Verdict(const Collection& collection, RuleKind kind,
                                       const CallerKind& caller) {
  const store::ParsedRule& rule = Parsed(collection, kind);
  if (rule.locked || !rule.ast) return nullptr;
  auto [found, is_new] = verdicts_.try_emplace(Key{collection.id, kind, caller.name});
  if (is_new) {
    StatusOr<RuleVerdict> verdict =
        AnalyzeRule(Question(collection, *rule.ast, kind, caller), schema());
    if (verdict.ok()) found->second = std::make_unique<const RuleVerdict>(*std::move(verdict));
  }
  return found->second.get();
}

Reach AuditRules::ReachOf(const Collection& collection, RuleKind kind, const CallerKind& caller) {
  if (collection.is_view() && IsWrite(kind)) return Reach::kNone;
  const store::ParsedRule& rule = Parsed(collection, kind);
  if (rule.open()) return Reach::kAll;
  const RuleVerdict* verdict = Verdict(collection, kind, caller);
  if (verdict == nullptr || !verdict->can_hold) return Reach::kNone;
  return verdict->can_fail ? Reach::kSome : Reach::kAll;
}

bool AuditRules::CanHold(const Collection& collection, RuleKind kind, const CallerKind& caller,
                         const std::vector<std::pair<std::string, Value>>& row,
                         const JsonValue& body) {
  const store::ParsedRule& rule = Parsed(collection, kind);
  if (rule.locked || !rule.error.ok()) return false;
  if (!rule.ast) return true;
  RuleQuestion question = Question(collection, *rule.ast, kind, caller);
  question.row = row;
  question.body = &body;
  const StatusOr<RuleVerdict> verdict = AnalyzeRule(question, schema());
  return verdict.ok() && verdict->can_hold;
}

}  // namespace sluice::cli
