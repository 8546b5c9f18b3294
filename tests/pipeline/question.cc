#include "tests/pipeline/question.h"

#include "sluice/binder.h"
#include "sluice/diagnostic.h"
#include "sluice/parser.h"

namespace sluice {

StatusOr<Bound> Ask(const Question& question, const Schema& schema, std::string* source) {
  const auto from = [source](const std::string& text) {
    if (source != nullptr) *source = text;
  };
  Query query;
  query.collection = schema.Find(question.collection);
  if (query.collection == nullptr)
    return absl::NotFoundError("no collection " + question.collection);
  RequestContext request;
  request.now = kTestNow;
  request.query = question.query;
  for (const auto& [name, value] : question.headers)
    request.headers.emplace_back(NormalizeHeaderName(name), value);
  request.body = question.body;
  AuthRecord auth;
  if (!question.member.empty()) {
    auth.collection = schema.Find("members");
    auth.id = question.member;
    auth.email = question.member + "@x.io";
    auth.verified = true;
    request.auth = &auth;
  }
  Bound bound;
  Ast rule;
  SortList sort;
  if (question.rule) {
    from(*question.rule);
    SLUICE_ASSIGN_OR_RETURN(rule, ParseFilter(*question.rule, RuleLimits()));
    query.rule = &rule;
  }
  if (question.filter) {
    from(*question.filter);
    SLUICE_ASSIGN_OR_RETURN(bound.filter, ParseFilter(*question.filter));
    query.filter = &*bound.filter;
  }
  if (question.sort) {
    from(*question.sort);
    SLUICE_ASSIGN_OR_RETURN(sort, ParseSort(*question.sort));
    query.sort = &sort;
  }
  BindOptions options;
  options.filter_mode = question.restricted ? BindMode::kRestricted : BindMode::kOpen;
  options.request = &request;
  StatusOr<Plan> plan = Bind(query, schema, options);
  if (!plan.ok()) {
    const auto diagnostic = GetDiagnostic(plan.status());
    if (diagnostic && question.filter && diagnostic->code.compare(0, 5, "sort_") != 0)
      from(*question.filter);
    if (diagnostic && question.rule && !question.filter) from(*question.rule);
    return plan.status();
  }
  bound.plan = *std::move(plan);
  return bound;
}

}  // namespace sluice
