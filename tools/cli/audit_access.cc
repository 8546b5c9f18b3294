// Tested by tests/server/cli_audit_test.cc.
#include <algorithm>

#include "tools/cli/audit_report.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kManager = "manager";
constexpr std::string_view kSuperuser = "superuser";

bool IsSecret(const Collection& collection, const Field& field) {
  return field.type == FieldType::kPassword || (collection.is_auth() && field.name == "tokenKey");
}

class AccessFinder {
 public:
  AccessFinder(AuditRules& rules, const Collection& collection)
      : rules_(rules), collection_(collection) {}

  CollectionAccess Find() {
    CollectionAccess access;
    access.collection = collection_.name;
    access.type = collection_.is_view() ? "view" : collection_.is_auth() ? "auth" : "base";
    for (const RuleKind kind : kApiRules) {
      if (!collection_.is_view() || !IsWrite(kind)) access.rules.push_back(AccessBy(kind));
    }
    if (collection_.is_auth()) access.rules.push_back(AccessBy(RuleKind::kManage));
    for (const Field& field : collection_.fields) access.fields.push_back(AccessTo(field));
    return access;
  }

 private:
  RuleAccess AccessBy(RuleKind kind) {
    RuleAccess access{std::string(NameOf(kind)), TextOf(collection_, kind), {}};
    for (const CallerKind& caller : rules_.callers())
      access.reach[caller.name] = rules_.ReachOf(collection_, kind, caller);
    access.reach[std::string(kSuperuser)] =
        collection_.is_view() && IsWrite(kind) ? Reach::kNone : Reach::kAll;
    return access;
  }

  FieldAccess AccessTo(const Field& field) {
    FieldAccess access;
    access.field = field.name;
    for (const CallerKind& caller : rules_.callers()) {
      const auto reach = [&](RuleKind kind) { return rules_.ReachOf(collection_, kind, caller); };
      const Reach list = reach(RuleKind::kList);
      const Reach seen = std::max(list, reach(RuleKind::kView));
      access.read[caller.name] = Read(field, seen);
      access.filter[caller.name] = Filter(field, list);
      access.sort[caller.name] = field.hidden ? "no" : Word(list);
      access.write[caller.name] =
          Write(field, std::max(reach(RuleKind::kCreate), reach(RuleKind::kUpdate)));
      if (field.type == FieldType::kRelation) access.expand[caller.name] = Expand(field, caller);
    }
    AddPrivileged(field, access);
    return access;
  }

  static std::string Word(Reach reach) {
    return reach == Reach::kNone ? "no" : std::string(ToText(reach));
  }
  bool IsEmail(const Field& field) const { return collection_.is_auth() && field.name == "email"; }

  std::string Read(const Field& field, Reach seen) const {
    if (IsSecret(collection_, field) || field.hidden || seen == Reach::kNone) return "no";
    return IsEmail(field) ? "visible or own" : Word(seen);
  }
  std::string Filter(const Field& field, Reach list) const {
    if (field.hidden || list == Reach::kNone) return "no";
    return IsEmail(field) ? "visible" : Word(list);
  }
  std::string Write(const Field& field, Reach reach) const {
    if (reach == Reach::kNone || field.type == FieldType::kAutodate || collection_.is_view())
      return "no";
    if (collection_.is_auth() && field.name == "password") return Word(reach);
    if (collection_.is_auth() && field.name == "verified") return "no";
    return field.hidden ? "no" : Word(reach);
  }
  // By the view rule of what it points to, also of a hidden field (F-163).
  std::string Expand(const Field& field, const CallerKind& caller) {
    const Collection* target = rules_.schema().FindById(field.collection_id);
    if (target == nullptr) return "no";
    const Reach own = std::max(rules_.ReachOf(collection_, RuleKind::kList, caller),
                               rules_.ReachOf(collection_, RuleKind::kView, caller));
    return Word(std::min(own, rules_.ReachOf(*target, RuleKind::kView, caller)));
  }

  // Managers see addresses and change what else only mails may change.
  void AddPrivileged(const Field& field, FieldAccess& access) const {
    const std::string superuser(kSuperuser);
    const bool secret = collection_.is_auth() && IsSecret(collection_, field);
    access.read[superuser] = secret ? "no" : "all";
    access.filter[superuser] = access.sort[superuser] = "all";
    access.write[superuser] =
        collection_.is_view() || field.type == FieldType::kAutodate ? "no" : "all";
    if (field.type == FieldType::kRelation) access.expand[superuser] = "all";
    if (!collection_.manage_rule || collection_.manage_rule->empty()) return;
    const std::string manager(kManager);
    if (IsEmail(field)) access.read[manager] = "managed";
    if (IsEmail(field) || field.name == "verified" || field.name == "password")
      access.write[manager] = "managed";
  }

  AuditRules& rules_;
  const Collection& collection_;
};

}  // namespace

std::vector<CollectionAccess> FindAccess(AuditRules& rules) {
  std::vector<CollectionAccess> all;
  for (const auto& collection : rules.schema().collections())
    all.push_back(AccessFinder(rules, *collection).Find());
  return all;
}

}  // namespace sluice::cli
