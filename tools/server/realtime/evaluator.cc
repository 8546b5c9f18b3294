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

std::string KeyOf(const writes::Event& event) {
  return event.record.collection->id + "/" + event.record.id();
}

// As it was stored, where `record` was changed since.
writes::Record AsStored(const writes::Record& record) {
  writes::Record stored = record;
  stored.values = record.before;
  return stored;
}

bool WantsBefore(const writes::Event& event, const std::vector<writes::Event>& events) {
  return event.action == writes::Action::kDelete && events.size() <= kPutBackMax;
}

UnixMillis Now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

struct Evaluator::Rows {
  Rows(const std::shared_ptr<const Schema>& schema, store::Connection& connection)
      : now(schema, connection) {}

  // The rows that the rules of an event are asked about.
  RowSource& For(const writes::Event& event, const std::vector<writes::Event>& events) {
    return WantsBefore(event, events) ? Before(events) : static_cast<RowSource&>(now);
  }
  BeforeRows& Before(const std::vector<writes::Event>& events) {
    if (before == nullptr) before = std::make_unique<BeforeRows>(now, events);
    return *before;
  }

  records::StoredRows now;
  std::unique_ptr<BeforeRows> before;
};

Evaluator::Evaluator(const store::Snapshot& snapshot, store::Connection& connection,
                     const std::vector<writes::Event>& events)
    : snapshot_(snapshot), connection_(connection), events_(events), now_(Now()) {
  rows_ = std::make_unique<Rows>(snapshot.schema, connection);
  if (events.size() == 1) return;
  for (const writes::Event& event : events) {
    Span& span = spans_[KeyOf(event)];
    if (span.first == nullptr) span.first = &event;
    span.last = &event;
  }
}

Evaluator::~Evaluator() = default;  // what was shown goes before the snapshot

std::optional<std::string> Evaluator::DataFor(const writes::Event& event,
                                              const Audience& audience) {
  // Not before somebody is to be told.
  if (read_ == nullptr) {
    StatusOr<std::unique_ptr<store::ReadSnapshot>> read = store::ReadSnapshot::Begin(connection_);
    if (!read.ok()) return std::nullopt;
    read_ = *std::move(read);
  }
  const writes::Record* known = KnownRecord(event);
  if (known == nullptr) return std::nullopt;
  if (!WantsBefore(event, events_) && !ShowBefore(false)) return std::nullopt;
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
  std::optional<writes::Record> stored;
  if (event.action == writes::Action::kDelete) stored = AsStored(*known);
  const writes::Record& shown = stored ? *stored : *known;
  // Expansions and the rule of managers are queries.
  if (WantsBefore(event, events_) && writes::NeedsDatabase(caller, shown, params) &&
      !ShowBefore(true)) {
    return std::nullopt;
  }
  StatusOr<std::string> record = writes::RecordObject(caller, shown, params);
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

const writes::Record* Evaluator::KnownRecord(const writes::Event& event) const {
  if (spans_.empty()) return &event.record;
  const Span& span = spans_.at(KeyOf(event));
  if (event.action == writes::Action::kDelete)
    return span.first->action == writes::Action::kCreate ? nullptr : &span.first->record;
  return span.last->action == writes::Action::kDelete ? nullptr : &span.last->record;
}

bool Evaluator::ShowBefore(bool before) {
  if (before == (old_ != nullptr)) return true;
  old_ = nullptr;
  if (!before) return true;
  StatusOr<std::unique_ptr<store::OldRows>> shown = store::OldRows::Show(connection_);
  if (!shown.ok()) return false;
  const Status added = rows_->Before(events_).ShowIn(**shown, *snapshot_.schema);
  if (added.ok()) old_ = *std::move(shown);
  return added.ok();
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
  const writes::Record& record = *KnownRecord(event);
  const StatusOr<bool> matches =
      event.action == writes::Action::kDelete
          ? predicate.Matches(OldRecord(record), &rows, limits)
          : predicate.Matches(writes::RecordColumns(record), &rows, limits);
  return matches.ok() && *matches;
}

}  // namespace sluice::realtime
