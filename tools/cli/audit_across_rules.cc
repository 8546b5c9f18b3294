// Findings that several rules, or a rule and the shape of the data, give
// together. Tested by tests/server/cli_audit_test.cc.
#include <algorithm>
#include <set>

#include "sluice/view_fields.h"
#include "tools/cli/audit_report.h"

namespace sluice::cli {
namespace {

std::string Callers(const CallerKind& caller) {
  return caller.auth() == nullptr ? "guests" : "records of " + caller.name;
}

class AcrossFinder {
 public:
  AcrossFinder(AuditRules& rules, std::vector<Finding>& findings)
      : rules_(rules), findings_(findings) {}

  void Find() {
    for (const auto& collection : rules_.schema().collections()) {
      if (collection->is_view()) FindViewLeaks(*collection);
      if (collection->is_auth()) FindEmails(*collection);
      FindRelations(*collection);
      if (!collection->is_view()) FindOwners(*collection);
      FindTrustedFields(*collection);
    }
  }

 private:
  void Say(Severity severity, std::string code, std::string where, std::string why,
           std::string advice) {
    Finding finding;
    finding.severity = severity;
    finding.code = std::move(code);
    finding.where = std::move(where);
    finding.why = std::move(why);
    finding.advice = std::move(advice);
    findings_.push_back(std::move(finding));
  }
  void Say(Severity severity, std::string code, const Collection& collection, RuleKind kind,
           Span span, std::string why, std::string advice) {
    Say(severity, std::move(code), collection.name + "." + std::string(NameOf(kind)),
        std::move(why), std::move(advice));
    findings_.back().rule = TextOf(collection, kind).value_or("");
    findings_.back().span = span;
  }

  Reach Seen(const Collection& collection, const CallerKind& caller) {
    return std::max(rules_.ReachOf(collection, RuleKind::kList, caller),
                    rules_.ReachOf(collection, RuleKind::kView, caller));
  }
  // The first kind of caller that reaches the collection's records, or null.
  const CallerKind* WhoLists(const Collection& collection) {
    for (const CallerKind& caller : rules_.callers()) {
      if (rules_.ReachOf(collection, RuleKind::kList, caller) != Reach::kNone) return &caller;
    }
    return nullptr;
  }

  // ---- views ----

  void FindViewLeaks(const Collection& view) {
    std::set<const Collection*> sources;
    for (const std::string& table : TablesOfView(view.view_query)) {
      if (const Collection* source = rules_.schema().Find(table)) sources.insert(source);
    }
    for (const Collection* source : sources) {
      for (const CallerKind& caller : rules_.callers()) {
        const Reach shown = Seen(view, caller);
        const Reach own = Seen(*source, caller);
        if (shown <= own) continue;
        Say(own == Reach::kNone ? Severity::kHigh : Severity::kMedium, "view-leak", view.name,
            Callers(caller) + " see " + std::string(ToText(shown)) + " rows of this view, and " +
                std::string(ToText(own)) + " records of " + source->name +
                " that it is made of: a view asks its own rules only",
            "give the view rules as strict, or leave the rows out in its query");
        break;
      }
      FindViewFields(view, *source);
    }
  }

  // Fields that the source would hide (F-114: addresses are protected in auth
  // collections only).
  void FindViewFields(const Collection& view, const Collection& source) {
    const CallerKind* who = nullptr;
    for (const CallerKind& caller : rules_.callers()) {
      if (who == nullptr && Seen(view, caller) != Reach::kNone) who = &caller;
    }
    if (who == nullptr) return;
    for (const Field& field : view.fields) {
      const Field* of = source.FindField(field.name);
      if (of == nullptr || field.hidden) continue;
      const bool email = source.is_auth() && field.name == "email";
      if (!email && !of->hidden) continue;
      Say(Severity::kHigh, email ? "view-shows-emails" : "view-shows-hidden",
          view.name + "." + field.name,
          email ? "emailVisibility does not count in a view: " + Callers(*who) +
                      " see the addresses of " + source.name
                : "the field is hidden in " + source.name + ", and " + Callers(*who) +
                      " see it in this view",
          "leave the column out, or hide the view's field");
    }
  }

  // ---- addresses ----

  void FindEmails(const Collection& collection) {
    const Field* email = collection.FindField("email");
    const CallerKind* who = WhoLists(collection);
    if (email == nullptr || email->hidden || who == nullptr) return;
    const bool guests = who->auth() == nullptr;
    Say(guests ? Severity::kMedium : Severity::kLow, "emails-listed", collection, RuleKind::kList,
        {},
        Callers(*who) +
            " may list accounts: visible addresses are shown and found by filter, and sort=email "
            "gives the order of hidden ones too (F-139), by which they can be narrowed down",
        "list accounts to those who need it, or hide the email field");
  }

  // ---- relations ----

  void FindRelations(const Collection& collection) {
    const CallerKind* who = nullptr;
    for (const CallerKind& caller : rules_.callers()) {
      if (who == nullptr && Seen(collection, caller) != Reach::kNone) who = &caller;
    }
    if (who == nullptr) return;
    for (const Field& field : collection.fields) {
      const Collection* target = field.type == FieldType::kRelation
                                     ? rules_.schema().FindById(field.collection_id)
                                     : nullptr;
      if (target == nullptr) continue;
      const std::string where = collection.name + "." + field.name;
      FindExpansion(field, *target, *who, where);
      FindUnlisted(collection, field, *target, where);
    }
  }

  void FindExpansion(const Field& field, const Collection& target, const CallerKind& who,
                     const std::string& where) {
    const Reach view = rules_.ReachOf(target, RuleKind::kView, who);
    const Reach list = rules_.ReachOf(target, RuleKind::kList, who);
    if (field.hidden && view != Reach::kNone) {
      Say(Severity::kMedium, "hidden-relation-expands", where,
          "the field is hidden, but expand follows it (F-163): " + Callers(who) +
              " learn which record of " + target.name + " it names",
          "lock the viewRule of " + target.name + ", or keep the relation elsewhere");
    } else if (view > list) {
      Say(Severity::kLow, "expand-looser", where,
          "expand shows " + Callers(who) + " " + std::string(ToText(view)) + " records of " +
              target.name + " (viewRule), a list of them " + std::string(ToText(list)) +
              " (listRule)",
          "make the viewRule of " + target.name + " as strict as its listRule");
    } else if (view == Reach::kNone) {
      Say(Severity::kInfo, "expand-stricter", where,
          "expand shows " + Callers(who) + " nothing: the viewRule of " + target.name +
              " does not let them",
          "fine where only the id is meant to show");
    }
  }

  // F-117: what may not be listed still counts for conditions on all values.
  void FindUnlisted(const Collection& collection, const Field& field, const Collection& target,
                    const std::string& where) {
    if (!field.multiple() || field.hidden) return;
    for (const CallerKind& caller : rules_.callers()) {
      if (rules_.ReachOf(collection, RuleKind::kList, caller) == Reach::kNone ||
          rules_.ReachOf(target, RuleKind::kList, caller) != Reach::kSome)
        continue;
      Say(Severity::kLow, "unlisted-values-count", where,
          "a filter on all values of this relation also looks at records of " + target.name +
              " that " + Callers(caller) +
              " may not list (F-117): whether it holds tells "
              "something about them",
          "keep what must not be guessed out of collections that others may filter through");
      return;
    }
  }

  // ---- owners ----

  // Relations to auth collections that some rule of the collection compares
  // with the caller's id.
  std::vector<const Field*> OwnerFields(const Collection& collection) {
    std::vector<const Field*> owners;
    for (const RuleKind kind : {RuleKind::kView, RuleKind::kList, RuleKind::kUpdate,
                                RuleKind::kDelete, RuleKind::kCreate}) {
      const store::ParsedRule& rule = rules_.Parsed(collection, kind);
      if (!rule.ast) continue;
      for (const Node& node : rule.ast->nodes()) {
        const auto* comparison = std::get_if<Comparison>(&node.kind);
        if (comparison == nullptr) continue;
        const std::string_view left = rule.ast->Text(rule.ast->node(comparison->left).span);
        const std::string_view right = rule.ast->Text(rule.ast->node(comparison->right).span);
        for (const auto& [name, id] : {std::pair(left, right), std::pair(right, left)}) {
          if (id != "@request.auth.id") continue;
          const Field* field = collection.FindField(name);
          const bool owner = field != nullptr && field->type == FieldType::kRelation &&
                             !field->multiple() && !field->hidden;
          if (owner && std::find(owners.begin(), owners.end(), field) == owners.end())
            owners.push_back(field);
        }
      }
    }
    return owners;
  }

  static JsonValue Sends(const Field& field) {
    JsonValue body = JsonValue::Object();
    body.members.emplace_back(field.name, JsonValue::String("other1"));
    return body;
  }
  bool MayCreateForOthers(const Collection& collection, const Field& owner,
                          const CallerKind& caller) {
    return rules_.CanHold(collection, RuleKind::kCreate, caller,
                          {{owner.name, Value::Text("other1")}}, Sends(owner));
  }

  void FindOwners(const Collection& collection) {
    const std::vector<const Field*> owners = OwnerFields(collection);
    for (const Field* owner : owners) {
      const Collection* target = rules_.schema().FindById(owner->collection_id);
      for (const CallerKind& caller : rules_.callers()) {
        if (caller.auth() == nullptr || caller.record.collection != target) continue;
        // One owner that must be the caller is enough: the others are whom the
        // record is about.
        const bool for_others = std::all_of(owners.begin(), owners.end(), [&](const Field* field) {
          return MayCreateForOthers(collection, *field, caller);
        });
        if (for_others) {
          Say(Severity::kMedium, "create-for-others", collection, RuleKind::kCreate, {},
              Callers(caller) + " may create records whose " + owner->name + " is somebody else",
              "add `" + owner->name + " = @request.auth.id`");
        }
        if (rules_.CanHold(collection, RuleKind::kUpdate, caller,
                           {{owner->name, Value::Text(caller.record.id)}}, Sends(*owner))) {
          Say(Severity::kMedium, "update-changes-owner", collection, RuleKind::kUpdate, {},
              Callers(caller) + " may give a record of theirs to somebody else by changing " +
                  owner->name,
              "add `@request.body." + owner->name + ":changed = false`");
        }
      }
    }
  }

  // ---- fields of the caller that rules trust and the caller may set ----

  void FindTrustedFields(const Collection& collection) {
    for (const RuleKind kind : {RuleKind::kList, RuleKind::kView, RuleKind::kCreate,
                                RuleKind::kUpdate, RuleKind::kDelete, RuleKind::kManage}) {
      const store::ParsedRule& rule = rules_.Parsed(collection, kind);
      if (rule.locked || !rule.ast) continue;
      for (const RuleName& name : NamesOf(*rule.ast)) {
        constexpr std::string_view kPrefix = "@request.auth.";
        if (!name.text.starts_with(kPrefix)) continue;
        const std::string_view rest = name.text.substr(kPrefix.size());
        FindTrusted(collection, kind, name, rest.substr(0, rest.find_first_of(".:")));
      }
    }
  }

  void FindTrusted(const Collection& collection, RuleKind kind, const RuleName& name,
                   std::string_view field_name) {
    for (const CallerKind& caller : rules_.callers()) {
      if (caller.auth() == nullptr) continue;
      const Collection& accounts = *caller.record.collection;
      const Field* field = accounts.FindField(field_name);
      if (field == nullptr || field->system || field->hidden) continue;
      const JsonValue body = Sends(*field);
      const std::vector<std::pair<std::string, Value>> own = {
          {"id", Value::Text(caller.record.id)}};
      const bool updates = rules_.CanHold(accounts, RuleKind::kUpdate, caller, own, body);
      const bool creates = rules_.CanHold(accounts, RuleKind::kCreate, rules_.guest(), {}, body);
      if (!updates && !creates) continue;
      const std::string how = updates && creates ? "signing up or changing its own record"
                              : updates          ? "changing its own record"
                                                 : "signing up";
      Say(Severity::kHigh, "trusts-own-field", collection, kind, name.span,
          "the rule trusts " + std::string(name.text) + ", and a record of " + accounts.name +
              " sets that field itself by " + how,
          "add `@request.body." + field->name + ":isset = false` to the rules of " + accounts.name +
              ", or keep the field in a collection of its own");
      return;
    }
  }

  AuditRules& rules_;
  std::vector<Finding>& findings_;
};

}  // namespace

void FindAcrossRules(AuditRules& rules, std::vector<Finding>& findings) {
  AcrossFinder(rules, findings).Find();
}

}  // namespace sluice::cli
