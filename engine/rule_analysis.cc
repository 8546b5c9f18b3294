// Tested by tests/engine/rule_analysis_test.cc.
#include "sluice/rule_analysis.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "engine/rule_model.h"
#include "sluice/binder.h"

namespace sluice {
namespace {

// More names of the request than this are all there, or none is.
constexpr std::size_t kRequestNamesMax = 5;
constexpr std::uint64_t kChoicesMax = 50'000;

struct RequestName {
  std::string kind;  // query, headers, body
  std::string key;
  friend bool operator<(const RequestName& a, const RequestName& b) {
    return std::tie(a.kind, a.key) < std::tie(b.kind, b.key);
  }
};

// What of the request the rule names, down to the first key.
std::vector<RequestName> RequestNamesOf(const Ast& rule, bool body_known) {
  std::set<RequestName> names;
  for (const RuleName& name : NamesOf(rule)) {
    for (const std::string kind : {"query", "headers", "body"}) {
      const std::string prefix = "@request." + kind + ".";
      if (!name.text.starts_with(prefix) || (kind == "body" && body_known)) continue;
      const std::string_view rest = name.text.substr(prefix.size());
      names.insert({kind, std::string(rest.substr(0, rest.find_first_of(".:")))});
    }
  }
  return {names.begin(), names.end()};
}

class Analyzer {
 public:
  Analyzer(const RuleQuestion& question, const Schema& schema)
      : question_(question), schema_(schema) {}

  StatusOr<RuleVerdict> Run() {
    const auto names = RequestNamesOf(*question_.rule, question_.body != nullptr);
    const std::size_t shapes = names.size() > kRequestNamesMax ? 2 : std::size_t{1} << names.size();
    verdict_.exact = names.size() <= kRequestNamesMax;
    for (std::size_t shape = 0; shape < shapes; ++shape) {
      std::vector<bool> present(names.size());
      for (std::size_t i = 0; i < names.size(); ++i)
        present[i] = verdict_.exact ? ((shape >> i) & 1) != 0 : shape == 1;
      SLUICE_RETURN_IF_ERROR(RunShape(names, present));
    }
    verdict_.request_decides = some_request_passes_all_ && some_request_stops_;
    return std::move(verdict_);
  }

 private:
  // With some names of the request there and the others not.
  Status RunShape(const std::vector<RequestName>& names, const std::vector<bool>& present) {
    RuleQuestion question = question_;
    RequestContext request;
    request.auth = question.auth;
    if (question.body != nullptr) request.body = *question.body;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const RequestName& name = names[i];
      if (present[i]) {
        if (name.kind == "query") request.query.emplace_back(name.key, "other1");
        if (name.kind == "headers") request.headers.emplace_back(name.key, "other1");
        if (name.kind == "body")
          request.body.members.emplace_back(name.key, JsonValue::String("other1"));
      } else if (name.kind == "body" && question.virtual_row) {
        // Without it the new record would be refused anyway.
        if (IsRequired(name.key)) return absl::OkStatus();
        PinEmpty(name.key, question);
      }
    }
    std::vector<CondPlace> places;
    BindOptions options;
    options.filter_mode = BindMode::kOpen;
    options.request = &request;
    options.virtual_row = question.virtual_row;
    options.places = &places;
    Query query;
    query.collection = question.collection;
    query.rule = question.rule;
    SLUICE_ASSIGN_OR_RETURN(const Plan plan, Bind(query, schema_, options));
    std::erase_if(places, [](const CondPlace& place) { return !place.comparison; });
    if (verdict_.comparisons.empty()) {
      for (const CondPlace& place : places) verdict_.comparisons.push_back({place.span});
    }
    TryAll(RuleModel(plan, question, schema_), plan, places);
    return absl::OkStatus();
  }

  bool IsRequired(const std::string& key) const {
    const Field* field = question_.collection->FindField(key);
    return field != nullptr && field->type != FieldType::kBool &&
           field->options_json.find("\"required\":true") != std::string::npos;
  }

  // A field that a new record was not sent.
  static void PinEmpty(const std::string& key, RuleQuestion& question) {
    const Field* field = question.collection->FindField(key);
    if (field == nullptr) return;
    const bool number = field->type == FieldType::kNumber || field->type == FieldType::kBool;
    question.row.emplace_back(key, number              ? Value::Integer(0)
                                   : field->multiple() ? Value::Text("[]")
                                                       : Value::Text(""));
  }

  void TryAll(RuleModel model, const Plan& plan, const std::vector<CondPlace>& places) {
    if (model.Choices(kChoicesMax) > kChoicesMax) return GiveUp();
    const auto& variables = model.variables();
    std::size_t of_request = 0;
    while (of_request < variables.size() && variables[of_request].of_request) ++of_request;
    std::vector<std::size_t> choice(variables.size());
    model.Choose(choice);
    bool all_pass = true;
    while (true) {
      const bool holds = model.TruthOf(plan.condition) == Truth::kTrue;
      verdict_.can_hold |= holds;
      verdict_.can_fail |= !holds;
      all_pass &= holds;
      for (std::size_t i = 0; i < places.size(); ++i)
        Judge(model, plan, places[i].cond, holds, verdict_.comparisons[i]);
      // The rows vary fastest: a carry into the request's values ends a round.
      std::size_t at = variables.size();
      while (at > 0 && ++choice[at - 1] == variables[at - 1].values.size()) choice[--at] = 0;
      if (at > of_request && at > 0) continue;
      (all_pass ? some_request_passes_all_ : some_request_stops_) = true;
      all_pass = true;
      if (at == 0) return;
    }
  }

  static void Judge(const RuleModel& model, const Plan& plan, CondId cond, bool holds,
                    ComparisonVerdict& verdict) {
    const bool truth = model.TruthOf(cond) == Truth::kTrue;
    verdict.can_hold |= truth;
    verdict.can_fail |= !truth;
    if (holds && truth && !verdict.decides)
      verdict.decides = model.TruthOf(plan.condition, cond) != Truth::kTrue;
  }

  void GiveUp() {
    verdict_.exact = false;
    verdict_.can_hold = verdict_.can_fail = true;
    for (ComparisonVerdict& comparison : verdict_.comparisons)
      comparison.can_hold = comparison.can_fail = true;
  }

  const RuleQuestion& question_;
  const Schema& schema_;
  RuleVerdict verdict_;
  bool some_request_passes_all_ = false;
  bool some_request_stops_ = false;
};

}  // namespace

StatusOr<RuleVerdict> AnalyzeRule(const RuleQuestion& question, const Schema& schema) {
  return Analyzer(question, schema).Run();
}

std::vector<RuleName> NamesOf(const Ast& rule) {
  std::vector<RuleName> names;
  for (const Node& node : rule.nodes()) {
    if (std::holds_alternative<Identifier>(node.kind))
      names.push_back({rule.Text(node.span), node.span});
  }
  std::sort(names.begin(), names.end(),
            [](const RuleName& a, const RuleName& b) { return a.span.begin < b.span.begin; });
  return names;
}

}  // namespace sluice
