// Create, update and delete of one record: prepared on a query thread,
// written on the writer's, answered after the commit. Tested by
// tests/conformance (`records`) and tests/server/write_load_test.cc.
#include "tools/server/api/record_writes.h"

#include <algorithm>

#include "tools/server/api/json_value.h"
#include "tools/server/api/submission.h"
#include "tools/server/api/uploads.h"
#include "tools/server/http/api_error.h"
#include "tools/server/http/body.h"
#include "tools/server/writes/answer.h"
#include "tools/server/writes/prepare.h"

namespace sluice::api {
namespace {

using writes::Action;

// Tries before a write gives up on collections that change under it, or on
// passwords that do.
constexpr int kAttemptsMax = 20;

// One write under way. Owned by whichever thread works on it.
struct WriteWork {
  WriteWork(ServerParts& parts, CallPtr the_call) : call(std::move(the_call)), uploads(parts) {}

  CallPtr call;
  Action action = Action::kCreate;
  const Collection* collection = nullptr;  // of the call's snapshot
  std::string id;                          // update, delete
  fields::Submission submission;
  writes::PasswordWork passwords;
  writes::Record prepared;
  writes::Record saved;
  std::string body;  // the answer, where it needed no second look
  Uploads uploads;
  int attempts = 0;
  records::CollectionKeys keys = records::CollectionKeys::kPlain;  // of the answer
  records::AnswerLimits limits;
  std::optional<WriteOrder> order;  // none: the request says what to write

  bool superuser() const { return (order && order->as_superuser) || call->superuser(); }
  records::Caller Caller(const store::Snapshot& snapshot, store::Connection& connection) const {
    return {snapshot, connection, call->context, superuser()};
  }
  records::Caller Caller() const { return Caller(*call->snapshot, *call->connection); }

  writes::WriteInput Input(const records::Caller& caller) {
    return {caller, *collection, submission, passwords};
  }
};
using WorkPtr = std::shared_ptr<WriteWork>;

void Attempt(ServerParts& parts, const WorkPtr& work);

// Tells the outcome to whoever asked for the write.
void End(ServerParts& parts, const WorkPtr& work, StatusOr<http::Response> answer) {
  if (!work->order) return parts.Answer(*work->call, std::move(answer));
  auto outcome = answer.ok() ? std::make_shared<StatusOr<std::string>>(std::move(answer->body))
                             : std::make_shared<StatusOr<std::string>>(answer.status());
  parts.Resume(work->call, [work, outcome](ServerParts&, const CallPtr&) {
    work->order->done(*std::move(outcome));
  });
}

Status NotFoundText(const WriteWork& work) {
  return ApiStatus(404, work.order || work.action == Action::kDelete
                            ? "Missing collection context."
                            : "Missing or invalid collection context.");
}

// What a call may be refused for before its body is looked at.
StatusOr<const Collection*> Admit(ServerParts& parts, const WriteWork& work, bool first) {
  const Call& call = *work.call;
  const Action action = work.action;
  const Collection* collection = call.snapshot->schema->Find(
      work.order ? std::string_view(work.order->collection) : call.request.PathParam("collection"));
  if (collection == nullptr) return NotFoundText(work);
  if (collection->is_view()) return ApiStatus(400, "Unsupported collection type.");
  if (first) {
    SLUICE_RETURN_IF_ERROR(parts.LimitRate(call, collection,
                                           {action == Action::kCreate   ? "create"
                                            : action == Action::kUpdate ? "update"
                                                                        : "delete"}));
  }
  return collection;
}

Status RequireRule(const WriteWork& work) {
  const store::CollectionRules& rules = work.call->snapshot->RulesOf(*work.collection);
  return writes::RequireRule(work.Caller(),
                             work.action == Action::kCreate ? rules.create : rules.update);
}

Status LoadOrder(WriteWork& work) {
  if (work.action == Action::kDelete) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(RequireRule(work));
  SLUICE_ASSIGN_OR_RETURN(work.submission,
                          SubmissionOf(*work.collection, work.order->values, {}, FileNames::kOnce));
  return absl::OkStatus();
}

Status Load(WriteWork& work) {
  if (work.order) return LoadOrder(work);
  Call& call = *work.call;
  SLUICE_ASSIGN_OR_RETURN(http::RequestBody body, http::ReadBody(call.request));
  JsonValue values = ToJsonValue(boost::json::value(std::move(body.values)));
  if (work.action == Action::kDelete) {
    call.context.body = std::move(values);
    return absl::OkStatus();
  }
  SLUICE_RETURN_IF_ERROR(RequireRule(work));
  const auto& all = work.collection->fields;
  if (LacksForm(call.request) && std::any_of(all.begin(), all.end(), [](const Field& field) {
        return field.type == FieldType::kFile;
      }))
    return ApiStatus(400, "Failed to read the submitted data.");
  SLUICE_ASSIGN_OR_RETURN(work.submission, SubmissionOf(*work.collection, std::move(values),
                                                        std::move(body.files), FileNames::kOnce));
  return absl::OkStatus();
}

StatusOr<writes::Record> Prepare(WriteWork& work, const records::Caller& caller) {
  switch (work.action) {
    case Action::kCreate:
      return writes::PrepareCreate(work.Input(caller));
    case Action::kUpdate:
      return writes::PrepareUpdate(work.Input(caller), work.id);
    case Action::kDelete:
      return writes::PrepareDelete(caller, *work.collection, work.id);
  }
  return absl::InternalError("no such action");
}

bool SameColumns(const std::vector<Value>& a, const std::vector<Value>& b) {
  const auto same = [](const Value& x, const Value& y) {
    return x.storage == y.storage && x.integer == y.integer && x.real == y.real && x.text == y.text;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

// The record to write, on the writer's connection. An update whose row is no
// longer what it was prepared from is prepared again, so that nothing is lost
// and `n+` counts every time (the peer loses updates, R-131).
StatusOr<writes::Record> Settle(WriteWork& work, writes::Scope& scope) {
  if (work.action == Action::kCreate) return work.prepared;
  SLUICE_ASSIGN_OR_RETURN(
      const std::optional<writes::Record> now,
      writes::FindRecord(scope.connection, *work.collection, work.prepared.id()));
  if (!now) return ApiStatus(404, "");
  if (SameColumns(now->columns, work.prepared.columns)) return work.prepared;
  work.passwords.AllowComputing(false);
  const records::Caller caller = work.Caller(*work.call->snapshot, scope.connection);
  StatusOr<writes::Record> again = Prepare(work, caller);
  work.passwords.AllowComputing(true);
  if (work.passwords.lacks()) return absl::AbortedError("a password has to be hashed first");
  return again;
}

writes::AnswerParams AnswerParamsOf(const WriteWork& work) {
  if (work.order)
    return {.expand = work.order->expand, .fields = work.order->fields, .limits = work.limits};
  const records::ListParams params = ParamsOf(work.call->request);
  return {
      .expand = params.expand, .fields = params.fields, .limits = work.limits, .keys = work.keys};
}

Status Write(WriteWork& work, writes::Scope& scope) {
  if (scope.snapshot != work.call->snapshot)
    return absl::AbortedError("the collections or settings have changed");
  if (work.order && !work.order->may_begin()) return absl::CancelledError("cancelled");
  work.body.clear();
  SLUICE_ASSIGN_OR_RETURN(work.saved, Settle(work, scope));
  if (work.action == Action::kDelete) return writes::DeleteRecord(scope, work.saved);
  SLUICE_RETURN_IF_ERROR(writes::SaveRecord(scope, work.saved));
  const writes::AnswerParams params = AnswerParamsOf(work);
  const records::Caller caller = work.Caller(*scope.snapshot, scope.connection);
  if (!params.fields.empty() || writes::NeedsDatabase(caller, work.saved, params))
    return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(work.body, writes::RecordObject(caller, work.saved, params));
  work.body += '\n';
  return absl::OkStatus();
}

StatusOr<http::Response> MakeAnswer(WriteWork& work) {
  const writes::AnswerParams params = AnswerParamsOf(work);
  SLUICE_ASSIGN_OR_RETURN(std::string body,
                          writes::RecordObject(work.Caller(), work.saved, params));
  body += '\n';
  return http::JsonResponse(200, records::Picked(std::move(body), params.fields, false));
}

// After the commit, on the writer's thread.
void Succeed(ServerParts& parts, const WorkPtr& work) {
  if (work->action == Action::kDelete) return End(parts, work, http::NoContent());
  if (!work->body.empty()) return End(parts, work, http::JsonResponse(200, std::move(work->body)));
  parts.Resume(work->call, [work](ServerParts& resumed, const CallPtr&) {
    End(resumed, work, MakeAnswer(*work));
  });
}

void Finish(ServerParts& parts, const WorkPtr& work, const Status& status) {
  if (status.ok()) {
    work->uploads.Keep();
    return Succeed(parts, work);
  }
  work->uploads.TakeBack();
  if (!absl::IsAborted(status) || work->attempts >= kAttemptsMax) {
    return End(parts, work,
               absl::IsAborted(status) ? absl::UnavailableError(status.message()) : status);
  }
  parts.Resume(work->call, [work](ServerParts& resumed, const CallPtr& call) {
    work->passwords.ComputeLacking();
    if (!resumed.Begin(*call)) return;
    Attempt(resumed, work);
  });
}

// Nothing has been handed on yet. What the first attempt has read of the body, it
// has copied.
void AttemptSlowly(ServerParts& parts, const WorkPtr& work) {
  parts.ResumeSlowly(work->call, [work](ServerParts& resumed, const CallPtr& call) {
    if (resumed.Begin(*call)) Attempt(resumed, work);
  });
}

Status Start(ServerParts& parts, const WorkPtr& work) {
  work->limits = parts.config.answers;
  if (!work->order) work->keys = KeysOfWrites(parts.config);
  const bool first = work->attempts++ == 0;
  SLUICE_ASSIGN_OR_RETURN(work->collection, Admit(parts, *work, first));
  const Call& call = *work->call;
  // Passwords are hashed, which takes long.
  if (call.connection->hurried() && work->collection->is_auth() && first) call.connection->GiveUp();
  if (call.GaveUp()) return absl::DeadlineExceededError("");
  SLUICE_RETURN_IF_ERROR(Load(*work));
  SLUICE_ASSIGN_OR_RETURN(work->prepared, Prepare(*work, work->Caller()));
  if (call.GaveUp()) return absl::DeadlineExceededError("");
  if (work->action != Action::kDelete)
    SLUICE_RETURN_IF_ERROR(work->uploads.Add(call.snapshot->settings, work->prepared));
  work->uploads.StoreLacking([&parts, work](const Status& stored) {
    if (!stored.ok()) return Finish(parts, work, stored);
    parts.writes->Submit([work](writes::Scope& scope) { return Write(*work, scope); },
                         [&parts, work](const Status& status) { Finish(parts, work, status); });
  });
  return absl::OkStatus();
}

void Attempt(ServerParts& parts, const WorkPtr& work) {
  const Status status = Start(parts, work);
  if (status.ok()) return;
  work->uploads.TakeBack();
  Call& call = *work->call;
  if (call.GaveUp()) return AttemptSlowly(parts, work);
  // Tables may have changed under what it read: then again, as they are now.
  if (work->attempts >= kAttemptsMax || !parts.catalog->CatchUp(*call.snapshot, *call.connection))
    return End(parts, work, status);
  if (parts.Begin(call)) Attempt(parts, work);
}

}  // namespace

Status CreateRecord(ServerParts& parts, const CallPtr& call) {
  auto work = std::make_shared<WriteWork>(parts, call);
  Attempt(parts, work);
  return absl::OkStatus();
}

Status UpdateRecord(ServerParts& parts, const CallPtr& call) {
  auto work = std::make_shared<WriteWork>(parts, call);
  work->action = Action::kUpdate;
  work->id = std::string(call->request.PathParam("id"));
  Attempt(parts, work);
  return absl::OkStatus();
}

Status DeleteRecord(ServerParts& parts, const CallPtr& call) {
  auto work = std::make_shared<WriteWork>(parts, call);
  work->action = Action::kDelete;
  work->id = std::string(call->request.PathParam("id"));
  Attempt(parts, work);
  return absl::OkStatus();
}

void RunWrite(ServerParts& parts, const CallPtr& call, WriteOrder order) {
  auto work = std::make_shared<WriteWork>(parts, call);
  work->action = order.action;
  work->id = order.id;
  work->order = std::move(order);
  Attempt(parts, work);
}

records::CollectionKeys KeysOfWrites(const ServerConfig& config) {
  return config.errors == editions::Edition::kLegacy ? records::CollectionKeys::kAt
                                                     : records::CollectionKeys::kPlain;
}

}  // namespace sluice::api
