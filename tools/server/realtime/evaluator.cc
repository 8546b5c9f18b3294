// Tested by tests/server/realtime_hub_test.cc.
#include "tools/server/realtime/evaluator.h"

#include <chrono>

#include "sluice/binder.h"
#include "sluice/parser.h"
#include "sluice/predicate.h"
#include "tools/server/realtime/before_rows.h"
#include "tools/server/records/pick_fields.h"
#include "tools/server/records/query.h"
#include "tools/server/records/stored_rows.h"
#include "tools/server/writes/answer.h"

namespace sluice::realtime {
namespace {

// Beyond it the state before a delete costs more than it is worth; rules that
// cross relations then see the state after it.
constexpr std::size_t kPutBackMax = 1000;

std::string_view NameOf(writes::Action action) {
  switch (action) {
    case writes::Action::kCreate:
      return "create";
    case writes::Action::kUpdate:
      return "update";
    case writes::Action::kDelete:
      return "delete";
  }
  return "";
}

UnixMillis Now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

struct Evaluator::Rows {
  Rows(const Schema& schema, store::Connection& connection) : now(schema, connection) {}

  // The rows that the rules of an event are asked about.
  RowSource& For(const writes::Event& event, const std::vector<writes::Event>& events) {
    if (event.action != writes::Action::kDelete || events.size() > kPutBackMax) return now;
    if (before == nullptr) before = std::make_unique<BeforeRows>(now, events);
    return *before;
  }

  records::StoredRows now;
  std::unique_ptr<BeforeRows> before;
};

Evaluator::Evaluator(const store::Snapshot& snapshot, store::Connection& connection,
                     const std::vector<writes::Event>& events)
    : snapshot_(snapshot), connection_(connection), events_(events), now_(Now()) {
  rows_ = std::make_unique<Rows>(*snapshot.schema, connection);
}

Evaluator::~Evaluator() = default;

std::optional<std::string> Evaluator::DataFor(const writes::Event& event,
                                              const Audience& audience) {
  // Not before somebody is to be told.
  if (read_ == nullptr) {
    StatusOr<std::unique_ptr<store::ReadSnapshot>> read = store::ReadSnapshot::Begin(connection_);
    if (!read.ok()) return std::nullopt;
    read_ = *std::move(read);
  }
  RequestContext request;
  request.context = "realtime";
  request.query = audience.topic.query;
  request.headers = audience.topic.headers;
  request.now = now_;
  AuthRecord auth;
  bool superuser = false;
  if (audience.identity != nullptr) {
    auth = audience.identity->In(snapshot_);
    if (auth.collection != nullptr) request.auth = &auth;
    superuser = auth.collection != nullptr && audience.identity->superuser;
  }
  const records::Caller caller{snapshot_, connection_, request, superuser};
  if (!superuser && !Allowed(caller, event, audience.rule)) return std::nullopt;
  if (!Wanted(caller, event, audience.topic.Query("filter"))) return std::nullopt;

  writes::AnswerParams params;
  params.expand = audience.topic.Query("expand");
  StatusOr<std::string> record = writes::RecordObject(caller, event.record, params);
  if (!record.ok()) return std::nullopt;
  if (const std::string_view fields = audience.topic.Query("fields"); !fields.empty()) {
    const StatusOr<FieldList> list = ParseFields(fields);
    if (list.ok()) {
      StatusOr<std::string> picked = records::PickFields(*record, *list, false);
      if (picked.ok()) record = std::move(picked);
    }
  }
  return "{\"record\":" + *record + ",\"action\":\"" + std::string(NameOf(event.action)) + "\"}";
}

bool Evaluator::Allowed(const records::Caller& caller, const writes::Event& event, RuleKind kind) {
  const store::CollectionRules& rules = snapshot_.RulesOf(*event.record.collection);
  const store::ParsedRule& rule = kind == RuleKind::kList ? rules.list : rules.view;
  if (rule.locked || !rule.error.ok()) return false;
  if (!rule.ast) return true;
  Query query;
  query.collection = event.record.collection;
  query.rule = &*rule.ast;
  return Matches(caller, event, query, BindMode::kOpen);
}

// F-111 and F-125: in restricted mode even of a superuser.
bool Evaluator::Wanted(const records::Caller& caller, const writes::Event& event,
                       std::string_view filter) {
  if (filter.empty()) return true;
  std::string which;
  if (!caller.superuser && MentionsRestrictedPrefix(filter, &which)) return false;
  const StatusOr<Ast> ast = ParseFilter(filter);
  if (!ast.ok()) return false;
  Query query;
  query.collection = event.record.collection;
  query.filter = &*ast;
  return Matches(caller, event, query, BindMode::kRestricted);
}

bool Evaluator::Matches(const records::Caller& caller, const writes::Event& event,
                        const Query& query, BindMode mode) {
  StatusOr<Plan> plan = records::MakePlan(caller, query, mode);
  if (!plan.ok()) return false;
  const Predicate predicate(*std::move(plan));
  PredicateLimits limits;
  limits.now = now_;
  RowSource& rows = rows_->For(event, events_);
  StatusOr<bool> matches = false;
  if (event.action == writes::Action::kDelete && !event.record.is_new()) {
    matches = predicate.Matches(OldRecord(event.record), &rows, limits);
  } else {
    matches = predicate.Matches(writes::RecordColumns(event.record), &rows, limits);
  }
  return matches.ok() && *matches;
}

}  // namespace sluice::realtime
