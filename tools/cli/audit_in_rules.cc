// Findings that one rule gives by itself. Tested by
// tests/server/cli_audit_test.cc.
#include <algorithm>

#include "sluice/binder.h"
#include "sluice/diagnostic.h"
#include "tools/cli/audit_report.h"

namespace sluice::cli {
namespace {

class RuleFinder {
 public:
  RuleFinder(AuditRules& rules, const Collection& collection, RuleKind kind,
             std::vector<Finding>& findings)
      : rules_(rules), collection_(collection), kind_(kind), findings_(findings) {}

  void Find() {
    const store::ParsedRule& rule = rules_.Parsed(collection_, kind_);
    if (rule.locked) return;
    if (kind_ == RuleKind::kManage && rule.open()) return;  // as good as none
    if (rule.open()) return FindOpen();
    if (!rule.error.ok()) return SayBroken(rule.error);
    ast_ = &*rule.ast;
    if (const Status bound = BindAsGuest(); !bound.ok()) return SayBroken(bound);
    FindNever();
    FindAlways();
    FindConstantComparisons();
    FindEmptyAuth();
    FindRequestDecides();
    if (kind_ == RuleKind::kManage) FindManagers();
  }

 private:
  Finding& Say(Severity severity, std::string code, Span span, std::string why,
               std::string advice) {
    Finding finding;
    finding.severity = severity;
    finding.code = std::move(code);
    finding.where = collection_.name + "." + std::string(NameOf(kind_));
    finding.rule = TextOf(collection_, kind_).value_or("");
    finding.span = span;
    finding.why = std::move(why);
    finding.advice = std::move(advice);
    findings_.push_back(std::move(finding));
    return findings_.back();
  }
  Span Whole() const { return ast_->node(ast_->root()).span; }
  const RuleVerdict* VerdictFor(const CallerKind& caller) {
    return rules_.Verdict(collection_, kind_, caller);
  }

  void SayBroken(const Status& status) {
    const std::optional<Diagnostic> diagnostic = GetDiagnostic(status);
    Say(Severity::kMedium, "rule-broken", diagnostic ? diagnostic->span : Span{},
        "the rule cannot be used (" + std::string(AsStd(status.message())) +
            "): every request that needs it fails, those of superusers apart",
        "mend it, or lock it");
  }

  Status BindAsGuest() {
    Query query;
    query.collection = &collection_;
    query.rule = ast_;
    const RequestContext request;
    BindOptions options;
    options.filter_mode = BindMode::kOpen;
    options.request = &request;
    options.virtual_row = kind_ == RuleKind::kCreate;
    return Bind(query, rules_.schema(), options).status();
  }

  void FindOpen() {
    if (kind_ == RuleKind::kUpdate || kind_ == RuleKind::kDelete) {
      Say(Severity::kHigh, "open-write", {}, "anyone on the network may change every record",
          "lock the rule, or ask for @request.auth.id");
    } else if (kind_ == RuleKind::kCreate) {
      const bool signs_up = collection_.is_auth();
      Say(signs_up ? Severity::kInfo : Severity::kLow, "open-create", {},
          signs_up ? "anyone may sign up" : "anyone on the network may add records",
          signs_up ? "lock the rule if accounts are made by superusers only"
                   : "ask for @request.auth.id where guests should not");
    } else if (kind_ == RuleKind::kList && !collection_.is_auth()) {
      Say(Severity::kInfo, "open-list", {}, "guests may list every record",
          "fine where the records are public");
    }
  }

  void FindNever() {
    for (const CallerKind& caller : rules_.callers()) {
      const RuleVerdict* verdict = VerdictFor(caller);
      if (verdict == nullptr || verdict->can_hold) return;
    }
    Say(Severity::kLow, "never-true", Whole(),
        "the rule holds for nobody: no guest, no user, whatever the record",
        "lock it if that is meant; else something in it is mistaken");
  }

  void FindAlways() {
    const RuleVerdict* guest = VerdictFor(rules_.guest());
    if (guest == nullptr || guest->can_fail) return;
    Say(IsWrite(kind_) ? Severity::kHigh : Severity::kMedium, "always-true", Whole(),
        "the rule holds for everyone, guests too, whatever the record",
        "leave it empty if that is meant; else something in it is mistaken");
  }

  // A comparison that no caller's request and no row can decide.
  void FindConstantComparisons() {
    const RuleVerdict* guest = VerdictFor(rules_.guest());
    if (guest == nullptr || guest->comparisons.size() < 2) return;
    for (std::size_t i = 0; i < guest->comparisons.size(); ++i) {
      bool can_hold = false;
      bool can_fail = false;
      for (const CallerKind& caller : rules_.callers()) {
        const RuleVerdict* verdict = VerdictFor(caller);
        if (verdict == nullptr || i >= verdict->comparisons.size()) return;
        can_hold |= verdict->comparisons[i].can_hold;
        can_fail |= verdict->comparisons[i].can_fail;
      }
      if (can_hold && can_fail) continue;
      Say(can_hold ? Severity::kMedium : Severity::kLow,
          can_hold ? "comparison-always-true" : "comparison-never-true", guest->comparisons[i].span,
          std::string("this comparison is ") + (can_hold ? "always" : "never") +
              " true: the values that the fields may have cannot decide it",
          "a number against a text field compares as `10.0`; a select has its own values; a "
          "relation holds ids of one collection");
    }
  }

  const Node* ComparisonAt(Span span) const {
    for (const Node& node : ast_->nodes()) {
      if (node.span == span && std::holds_alternative<Comparison>(node.kind)) return &node;
    }
    return nullptr;
  }

  // The side that is the caller's, and whether the other one is written as
  // empty: then guests are meant.
  bool ComparesAuth(const Node& node, bool* means_guests) const {
    const auto& comparison = std::get<Comparison>(node.kind);
    bool auth = false;
    *means_guests = false;
    for (const NodeId side : {comparison.left, comparison.right}) {
      const Node& operand = ast_->node(side);
      auth |= ast_->Text(operand.span).starts_with("@request.auth.");
      const auto* text = std::get_if<TextLiteral>(&operand.kind);
      *means_guests |= (text != nullptr && text->value.empty()) ||
                       EqualsIgnoreCase(ast_->Text(operand.span), "null");
    }
    return auth;
  }

  void FindEmptyAuth() {
    const RuleVerdict* guest = VerdictFor(rules_.guest());
    if (guest == nullptr || !guest->can_hold) return;
    for (const ComparisonVerdict& comparison : guest->comparisons) {
      const Node* node = ComparisonAt(comparison.span);
      bool means_guests = false;
      if (!comparison.decides || node == nullptr || !ComparesAuth(*node, &means_guests) ||
          means_guests)
        continue;
      Say(IsWrite(kind_) || kind_ == RuleKind::kManage ? Severity::kHigh : Severity::kMedium,
          "guest-empty-auth", comparison.span,
          std::string("for a guest @request.auth is empty, and then this comparison ") +
              (comparison.can_fail ? "holds for some records" : "always holds") +
              ", so the rule lets guests pass",
          "add `@request.auth.id != '' &&` in front");
    }
  }

  void FindRequestDecides() {
    if (kind_ == RuleKind::kCreate) return;
    for (const CallerKind& caller : rules_.callers()) {
      const RuleVerdict* verdict = VerdictFor(caller);
      if (verdict == nullptr || !verdict->request_decides) continue;
      const bool guest = caller.auth() == nullptr;
      Say(IsWrite(kind_) ? Severity::kHigh : Severity::kMedium, "request-decides", Whole(),
          (guest ? std::string("anyone") : "any record of " + caller.name) +
              " makes this rule hold for every record by what it sends (query, headers or body)",
          "compare the stored fields, not what the client sends; a secret in a query ends up in "
          "logs");
      return;
    }
  }

  void FindManagers() {
    for (const CallerKind& caller : rules_.callers()) {
      const Reach reach = rules_.ReachOf(collection_, kind_, caller);
      if (reach != Reach::kAll && !(caller.auth() == nullptr && reach == Reach::kSome)) continue;
      Say(Severity::kHigh, "manage-wide", Whole(),
          (caller.auth() == nullptr ? std::string("a guest") : "any record of " + caller.name) +
              " manages " + (reach == Reach::kAll ? "all" : "some") +
              " records: their addresses are shown, and a user may change addresses and passwords",
          "name the managers in the rule");
    }
  }

  AuditRules& rules_;
  const Collection& collection_;
  RuleKind kind_;
  std::vector<Finding>& findings_;
  const Ast* ast_ = nullptr;
};

}  // namespace

void FindInRules(AuditRules& rules, std::vector<Finding>& findings) {
  for (const auto& collection : rules.schema().collections()) {
    for (const RuleKind kind : kApiRules) {
      if (!collection->is_view() || !IsWrite(kind))
        RuleFinder(rules, *collection, kind, findings).Find();
    }
    if (collection->is_auth()) RuleFinder(rules, *collection, RuleKind::kManage, findings).Find();
  }
}

}  // namespace sluice::cli
