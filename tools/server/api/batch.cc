// POST /api/batch: all items in one transaction of the writer.
// Tested by tests/conformance (`batch`).
#include "tools/server/api/batch_request.h"
#include "tools/server/api/record_writes.h"
#include "tools/server/api/submission.h"
#include "tools/server/api/uploads.h"
#include "tools/server/http/api_error.h"
#include "tools/server/writes/answer.h"
#include "tools/server/writes/prepare.h"

namespace sluice::api {
namespace {

constexpr int kAttemptsMax = 50;
constexpr std::int64_t kBodyBytesMaxDefault = 134217728;
constexpr std::int64_t kTimeoutDefault = 3;

// What stays the same in all attempts of an item, so that its files are stored
// once.
struct ItemFiles {
  std::vector<std::pair<std::string, fields::UploadPtr>> uploads;
  bool named = false;
  std::string new_id;
};

struct BatchWork {
  BatchWork(ServerParts& parts, CallPtr the_call) : call(std::move(the_call)), uploads(parts) {}

  CallPtr call;
  std::vector<BatchItem> items;
  // Asked once, however often the transaction is tried.
  std::vector<std::optional<Status>> rates;
  writes::PasswordWork passwords;
  Uploads uploads;
  std::vector<ItemFiles> files;
  // By which files was made; others may have other fields, and another store.
  std::shared_ptr<const store::Snapshot> files_of;
  std::string body;
  int attempts = 0;
};
using WorkPtr = std::shared_ptr<BatchWork>;

Status Failed(std::vector<http::ErrorEntry> data = {}) {
  return http::MakeStatus(
      {.status = 400, .message = "Batch transaction failed.", .data = std::move(data)});
}

//
Status ItemFailed(std::size_t index, const Status& status) {
  std::string envelope = http::ErrorResponse(status).body;
  while (!envelope.empty() && envelope.back() == '\n') envelope.pop_back();
  http::ErrorEntry code{.key = "code", .raw_json = "\"batch_request_failed\""};
  http::ErrorEntry message{.key = "message", .raw_json = "\"Batch request failed.\""};
  http::ErrorEntry response{.key = "response", .raw_json = std::move(envelope)};
  http::ErrorEntry item{.key = std::to_string(index)};
  item.children = {std::move(code), std::move(message), std::move(response)};
  http::ErrorEntry requests{.key = "requests"};
  requests.children = {std::move(item)};
  return Failed({std::move(requests)});
}

// One item on the writer's connection.
class ItemRun {
 public:
  ItemRun(ServerParts& parts, BatchWork& work, writes::Scope& scope, std::size_t index)
      : parts_(parts), work_(work), scope_(scope), index_(index), item_(work.items[index]) {}

  // The object that Result makes.
  StatusOr<std::string> Run() {
    const std::optional<BatchTarget> target = TargetOf(item_);
    std::optional<http::Request> request = RequestOf(item_, work_.call->request);
    if (!target || !request) return UnknownAction();
    request_ = &*request;
    context_ = ContextOf(*request);
    context_.context = "batch";
    context_.auth = work_.call->context.auth;
    return RunAction(*target);
  }

 private:
  //
  Status UnknownAction() const { return http::MakeStatus({.status = index_ == 0 ? 400 : 500}); }

  records::Caller caller() const {
    return {*scope_.snapshot, scope_.connection, context_, work_.call->superuser()};
  }

  StatusOr<std::string> RunAction(const BatchTarget& target) {
    collection_ = scope_.schema().Find(target.collection);
    if (collection_ == nullptr) return ApiStatus(404, "Missing collection context.");
    if (collection_->is_view()) return ApiStatus(400, "Unsupported collection type.");
    JsonValue values = ValuesOf(item_, *request_);
    BatchAction action = target.action;
    std::string id = target.id;
    if (action == BatchAction::kUpsert) SLUICE_RETURN_IF_ERROR(Resolve(values, action, id));
    SLUICE_RETURN_IF_ERROR(LimitRate(action));
    if (action == BatchAction::kDelete) {
      context_.body = std::move(values);
      return Delete(id);
    }
    context_.method = action == BatchAction::kCreate ? "POST" : "PATCH";
    return Save(action, id, std::move(values));
  }

  // PUT is an update where the id is there, else a create.
  Status Resolve(const JsonValue& values, BatchAction& action, std::string& id) {
    action = BatchAction::kCreate;
    const JsonValue* given = values.Find("id");
    id = given == nullptr ? std::string() : fields::TextOf(*given);
    if (id.empty()) return absl::OkStatus();
    SLUICE_ASSIGN_OR_RETURN(const auto found,
                            writes::FindRecord(scope_.connection, *collection_, id));
    if (found) action = BatchAction::kUpdate;
    return absl::OkStatus();
  }

  Status LimitRate(BatchAction action) {
    std::optional<Status>& known = work_.rates[index_];
    if (!known) {
      const std::string_view tag = action == BatchAction::kCreate   ? "create"
                                   : action == BatchAction::kUpdate ? "update"
                                                                    : "delete";
      known = parts_.LimitRate(*work_.call, collection_, {tag}, *request_);
    }
    return *known;
  }

  StatusOr<std::string> Delete(const std::string& id) {
    SLUICE_ASSIGN_OR_RETURN(const writes::Record record,
                            writes::PrepareDelete(caller(), *collection_, id));
    SLUICE_RETURN_IF_ERROR(writes::DeleteRecord(scope_, record));
    return Result("null", 204);
  }

  StatusOr<std::string> Save(BatchAction action, const std::string& id, JsonValue values) {
    const records::Caller asking = caller();
    const store::CollectionRules& rules = scope_.snapshot->RulesOf(*collection_);
    SLUICE_RETURN_IF_ERROR(
        writes::RequireRule(asking, action == BatchAction::kCreate ? rules.create : rules.update));
    ItemFiles& files = work_.files[index_];
    SLUICE_ASSIGN_OR_RETURN(
        fields::Submission submission,
        SubmissionOf(*collection_, std::move(values),
                     files.named ? std::vector<http::UploadedFile>() : item_.files,
                     FileNames::kTwice));
    if (!std::exchange(files.named, true)) files.uploads = std::move(submission.files);
    submission.files = files.uploads;
    const writes::WriteInput input{.caller = asking,
                                   .collection = *collection_,
                                   .submission = submission,
                                   .passwords = work_.passwords,
                                   .new_id = files.uploads.empty() ? nullptr : &files.new_id};
    SLUICE_ASSIGN_OR_RETURN(writes::Record record, action == BatchAction::kCreate
                                                       ? writes::PrepareCreate(input)
                                                       : writes::PrepareUpdate(input, id));
    SLUICE_RETURN_IF_ERROR(work_.uploads.Add(scope_.snapshot->settings, record));
    SLUICE_RETURN_IF_ERROR(writes::SaveRecord(scope_, record));
    const records::ListParams params = ParamsOf(*request_);
    SLUICE_ASSIGN_OR_RETURN(std::string body,
                            writes::RecordObject(asking, record,
                                                 {.expand = params.expand,
                                                  .fields = params.fields,
                                                  .limits = parts_.config.answers,
                                                  .plain_passwords = true,
                                                  .keys = KeysOfWrites(parts_.config)}));
    if (!params.fields.empty()) {
      body = records::Picked(std::move(body), params.fields, false);
      if (body.empty()) return http::MakeStatus({.status = 400});
      body.pop_back();
    }
    return Result(body, 200);
  }

  // R-146, or as older clients expect it.
  std::string Result(std::string_view body, int status) const {
    const bool legacy = parts_.config.errors == editions::Edition::kLegacy;
    std::string text = legacy ? "{\"result\":" : "{\"body\":";
    text.append(body).append(",\"status\":").append(std::to_string(status)).append("}");
    return text;
  }

  ServerParts& parts_;
  BatchWork& work_;
  writes::Scope& scope_;
  std::size_t index_;
  const BatchItem& item_;
  const Collection* collection_ = nullptr;
  const http::Request* request_ = nullptr;
  RequestContext context_;
};

Status RunItems(ServerParts& parts, BatchWork& work, writes::Scope& scope) {
  if (scope.snapshot != work.call->snapshot)
    return absl::AbortedError("the collections or settings have changed");
  if (std::exchange(work.files_of, scope.snapshot) != scope.snapshot) {
    work.uploads.TakeBack();
    work.files.assign(work.items.size(), {});
  }
  work.uploads.Begin();
  work.body = "[";
  const std::int64_t timeout = scope.snapshot->settings.batch.timeout;
  const auto deadline = std::chrono::steady_clock::now() +
                        std::chrono::seconds(timeout > 0 ? timeout : kTimeoutDefault);
  const http::CancelToken& cancelled = work.call->request.cancelled;
  const store::LimitedScope limits(
      scope.connection, [&cancelled] { return cancelled.IsCancelled(); }, deadline);
  work.passwords.AllowComputing(false);
  for (std::size_t i = 0; i < work.items.size(); ++i) {
    StatusOr<std::string> answer = ItemRun(parts, work, scope, i).Run();
    // A failure that rests on a guess is none.
    if (!answer.ok() && work.passwords.lacks()) break;
    const bool late = cancelled.IsCancelled() || std::chrono::steady_clock::now() > deadline;
    if (late) return Failed();
    if (!answer.ok()) {
      const Status& status = answer.status();
      if (absl::IsDeadlineExceeded(status) || absl::IsCancelled(status)) return Failed();
      if (absl::IsResourceExhausted(status) && !http::IsApiStatus(status)) return status;
      return ItemFailed(i, status);
    }
    if (i > 0) work.body += ',';
    work.body += *answer;
  }
  if (work.passwords.lacks()) return absl::AbortedError("a password has to be hashed first");
  if (work.uploads.lacks()) return absl::AbortedError("files have to be stored first");
  work.body += "]\n";
  return absl::OkStatus();
}

void Attempt(ServerParts& parts, const WorkPtr& work);

void Fail(ServerParts& parts, BatchWork& work, const Status& status) {
  work.uploads.TakeBack();
  parts.Answer(*work.call, status);
}

void Finish(ServerParts& parts, const WorkPtr& work, const Status& status) {
  Call& call = *work->call;
  if (status.ok()) {
    work->uploads.Keep();
    if (ParamsOf(call.request).fields.empty())
      return parts.Answer(call, http::JsonResponse(200, std::move(work->body)));
    return parts.Resume(work->call, [work](ServerParts& resumed, const CallPtr& same) {
      resumed.Answer(*same, PickedJson(*same, std::move(work->body)));
    });
  }
  if (!absl::IsAborted(status)) return Fail(parts, *work, status);
  if (++work->attempts >= kAttemptsMax) return Fail(parts, *work, Failed());
  // Where files are on another machine the writer must not wait for it.
  work->uploads.StoreLacking([&parts, work](const Status& stored) {
    if (!stored.ok()) return Fail(parts, *work, stored);
    parts.Resume(work->call, [work](ServerParts& resumed, const CallPtr& same) {
      work->passwords.ComputeLacking();
      if (resumed.Begin(*same)) Attempt(resumed, work);
    });
  });
}

void Attempt(ServerParts& parts, const WorkPtr& work) {
  parts.writes->Submit(
      [&parts, work](writes::Scope& scope) { return RunItems(parts, *work, scope); },
      [&parts, work](const Status& status) { Finish(parts, work, status); },
      store::JobKind::kAlone);
}

}  // namespace

Status RunBatch(ServerParts& parts, const CallPtr& call) {
  const store::BatchSettings& settings = call->snapshot->settings.batch;
  if (!settings.enabled || settings.max_requests <= 0)
    return ApiStatus(403, "Batch requests are not allowed.");
  auto work = std::make_shared<BatchWork>(parts, call);
  SLUICE_ASSIGN_OR_RETURN(work->items, ReadBatch(call->request, settings));
  work->rates.resize(work->items.size());
  Attempt(parts, work);
  return absl::OkStatus();
}

void AddBatchRoutes(ServerParts& parts, http::Router& router) {
  http::RouteOptions options;
  options.plan_body = [&parts](const http::Request&) {
    const store::BatchSettings batch = parts.catalog->current()->settings.batch;
    http::BodyPlan plan;
    plan.bytes_max = static_cast<std::uint64_t>(batch.max_body_size > 0 ? batch.max_body_size
                                                                        : kBodyBytesMaxDefault);
    if (!batch.enabled || batch.max_requests <= 0)
      plan.refusal = http::ApiError{.status = 403, .message = "Batch requests are not allowed."};
    return plan;
  };
  options.chunked_overflow =
      http::ApiError{.status = 400, .message = "Failed to read the submitted batch data."};
  router.Add("POST", "/api/batch", parts.OnQueryThreadLater(&RunBatch), options);
}

}  // namespace sluice::api
