// From a route to its handler: threads, limits, the caller, and the answer.
// Tested by tests/server/app_test.cc and tests/conformance.
#include "sluice/diagnostic.h"
#include "tools/server/api/activity.h"
#include "tools/server/api/server_parts.h"
#include "tools/server/api/storage.h"
#include "tools/server/auth/ip_list.h"
#include "tools/server/backups/s3_backup_store.h"
#include "tools/server/editions/editor.h"
#include "tools/server/http/api_error.h"

namespace sluice::api {
namespace {

void LogFailure(const observe::LogSink& log, const http::Request& request, const Status& status) {
  const bool ours =
      absl::IsInternal(status) || absl::IsUnavailable(status) || absl::IsDataLoss(status);
  std::string_view source;
  observe::LogLevel level = ours ? observe::LogLevel::kError : observe::LogLevel::kDebug;
  if (const std::optional<Diagnostic> diagnostic = GetDiagnostic(status)) {
    const bool rule = diagnostic->code.starts_with("rule_");
    const bool sort = diagnostic->code.starts_with("sort_");
    // A client's mistake is the client's, a rule's is the operator's.
    level = rule ? observe::LogLevel::kWarn : observe::LogLevel::kInfo;
    if (!rule) source = request.Query(sort ? "sort" : "filter").value_or("");
  }
  log.Failure(level, request.method + " " + request.target.substr(0, 3000), status, source);
}

// Whether a list fails for the filter that it was asked with.
bool IsUnusableFilter(const http::Request& request, const Status& status) {
  if ((request.method != "GET" && request.method != "HEAD") || http::IsApiStatus(status))
    return false;
  const std::optional<Diagnostic> diagnostic = GetDiagnostic(status);
  return diagnostic && !diagnostic->code.starts_with("rule_") &&
         !diagnostic->code.starts_with("sort_");
}

constexpr int kStaleRetries = 3;

// Whether what only reads may have failed because collections have changed
// since it took its snapshot (S-18).
bool IsStale(ServerParts& parts, const Call& call) {
  const bool reads = call.request.method == "GET" || call.request.method == "HEAD";
  return reads && parts.catalog->CatchUp(*call.snapshot, *call.connection);
}

// What Lane::kAtOnce gives a request of the thread's time; as long as two
// hundred quick ones take.
constexpr std::chrono::milliseconds kAtOnceMax{2};
constexpr std::size_t kSmallBody = 16384;

// Whether the work that a request makes beside its queries is little.
bool IsSmall(const http::Request& request) {
  return request.body.size() <= kSmallBody &&
         !request.headers.Find("Content-Type").value_or("").starts_with("multipart/") &&
         request.target.find("excerpt") == std::string::npos;
}

// Answers, once more when a table has changed between the snapshot and the
// query.
void AnswerWith(ServerParts& parts, Call& call, ServerParts::Handler handler,
                StatusOr<http::Response> answer) {
  for (int i = 0; i < kStaleRetries && !answer.ok() && IsStale(parts, call); ++i) {
    if (!parts.Begin(call)) return;
    answer = handler(parts, call);
  }
  parts.Answer(call, std::move(answer));
}

}  // namespace

Status ServerParts::LimitRate(const Call& call, const Collection* collection,
                              std::vector<std::string_view> tags) {
  return LimitRate(call, collection, std::move(tags), call.request);
}

Status ServerParts::LimitRate(const Call& call, const Collection* collection,
                              std::vector<std::string_view> tags, const http::Request& request) {
  const store::Settings& settings = call.snapshot->settings;
  if (!settings.rate_limits.enabled || call.superuser() || call.begun_anew) return absl::OkStatus();
  const std::string ip = ClientIp(call);
  if (auth::IsListed(ip, settings.rate_limits.excluded_ips)) return absl::OkStatus();
  settings::RateLimitAsk ask;
  ask.method = request.method;
  ask.path = request.path();
  if (collection != nullptr) {
    ask.collection_id = collection->id;
    ask.collection_name = collection->name;
  }
  ask.tags = std::move(tags);
  ask.authenticated = call.auth.has_value();
  ask.ip = ip;
  ask.now_seconds = call.context.now / 1000;
  if (rate_limiter.Allow(settings.rate_limits.rules, ask)) return absl::OkStatus();
  return http::MakeStatus({.status = 429});
}

bool ServerParts::Begin(Call& call) {
  call.snapshot = catalog->current();
  call.context = ContextOf(call.request);
  const auto load = [&call] {
    return auth::LoadAuth(call.request.headers.Find("Authorization").value_or(""),
                          static_cast<double>(call.context.now) / 1000, *call.snapshot,
                          *call.connection);
  };
  StatusOr<std::optional<auth::LoadedAuth>> loaded = load();
  if (!loaded.ok() && !call.GaveUp() && catalog->CatchUp(*call.snapshot, *call.connection)) {
    call.snapshot = catalog->current();
    loaded = load();
  }
  // Not as a guest, who might be told to sign in anew, or shown what the caller is not. What
  // was to be quick goes on: it is begun anew whatever comes of it.
  if (!loaded.ok() && !call.GaveUp()) {
    LogFailure(log, call.request, loaded.status());
    call.responder.Send(http::ErrorResponse(http::ApiError{.status = 500}));
    return false;
  }
  call.auth = loaded.ok() ? *std::move(loaded) : std::nullopt;
  if (call.auth) call.context.auth = &call.auth->record;
  const store::Settings& settings = call.snapshot->settings;
  if (!call.superuser() || settings.superuser_ips.empty()) return true;
  if (auth::IsListed(ClientIp(call), settings.superuser_ips)) return true;
  http::Response refused = http::ErrorResponse(http::ApiError{.status = 403});
  refused.common_headers = http::CommonHeaders::kCorsOnly;
  call.responder.Send(std::move(refused));
  return false;
}

Status ServerParts::Wait(const CallPtr& call, std::function<StatusOr<http::Response>()> work) {
  const bool queued =
      transfers->Submit([this, call, work = std::move(work)] { Answer(*call, work()); });
  return queued ? absl::OkStatus() : ApiStatus(503, "The server is busy, try again later.");
}

files::FileStorePtr ServerParts::FilesBy(const store::Settings& settings) const {
  return file_stores->By(settings.s3.enabled ? std::optional(BucketOf(settings.s3)) : std::nullopt);
}

backups::BackupStorePtr ServerParts::Backups() const {
  const auto snapshot = catalog->current();
  const store::S3Settings& s3 = snapshot->settings.backups.s3;
  if (!s3.enabled) return nullptr;
  return std::make_shared<const backups::S3BackupStore>(file_stores->Bucket(BucketOf(s3)),
                                                        config.folder);
}

void ServerParts::Answer(Call& call, StatusOr<http::Response> answer) {
  if (answer.ok()) return call.responder.Send(*std::move(answer));
  LogFailure(log, call.request, answer.status());
  if (config.errors != editions::Edition::kPeer && IsUnusableFilter(call.request, answer.status()))
    answer = http::MakeStatus({.status = 400, .message = std::string(editions::kUnusableFilter)});
  call.responder.Send(http::ErrorResponse(answer.status()));
}

void ServerParts::ResumeOn(store::ReaderPool& pool, const CallPtr& call,
                           std::function<void(ServerParts&, const CallPtr&)> next) {
  const bool queued =
      pool.Submit([this, call, next = std::move(next)](store::Connection& connection) {
        if (call->request.cancelled.IsCancelled()) return;
        const store::LimitedScope limits(
            connection, [&call] { return call->request.cancelled.IsCancelled(); },
            std::chrono::steady_clock::now() + config.query_timeout);
        call->connection = &connection;
        next(*this, call);  // the call may be another thread's when this returns
      });
  if (!queued) {
    Answer(*call, http::ErrorResponse(http::ApiError{
                      .status = 503, .message = "The server is busy, try again later."}));
  }
}

void ServerParts::Resume(const CallPtr& call,
                         std::function<void(ServerParts&, const CallPtr&)> next) {
  ResumeOn(*readers, call, std::move(next));
}

void ServerParts::ResumeSlowly(const CallPtr& call,
                               std::function<void(ServerParts&, const CallPtr&)> next) {
  call->begun_anew = true;
  ResumeOn(*slow_readers, call, std::move(next));
}

http::Handler ServerParts::OnQueryThreadLater(LaterHandler handler, RateLimit limit, Lane lane) {
  auto run = [handler = std::move(handler), limit](ServerParts& parts, const CallPtr& call) {
    if (!parts.Begin(*call)) return;
    Status status;
    if (limit == RateLimit::kBeforeHandler) status = parts.LimitRate(*call, nullptr, {});
    if (status.ok()) status = handler(parts, call);
    if (!status.ok()) parts.Answer(*call, status);
  };
  return [this, run = std::move(run), lane](http::Request request, http::Responder responder) {
    const CallPtr new_call = std::make_shared<LoggedCall>(
        *this, std::move(request), std::make_shared<Activity>(std::move(responder)));
    store::Connection* const here =
        lane == Lane::kAtOnce && IsSmall(new_call->request) ? local_readers->OfThread() : nullptr;
    if (here == nullptr) return Resume(new_call, run);
    const store::LimitedScope limits(*here, nullptr, std::chrono::steady_clock::now() + kAtOnceMax);
    here->SetHurry(kAtOnceMax);
    new_call->connection = here;
    run(*this, new_call);
  };
}

http::Handler ServerParts::OnQueryThread(Handler handler, RateLimit limit, Lane lane) {
  return OnQueryThreadLater(
      [handler](ServerParts& parts, const CallPtr& call) {
        StatusOr<http::Response> answer = handler(parts, *call);
        if (!call->connection->hurried()) {
          AnswerWith(parts, *call, handler, std::move(answer));
          return absl::OkStatus();
        }
        // What has to be read anew takes longer, too.
        if (!call->GaveUp() && (answer.ok() || !IsStale(parts, *call))) {
          parts.Answer(*call, std::move(answer));
          return absl::OkStatus();
        }
        parts.ResumeSlowly(call, [handler](ServerParts& resumed, const CallPtr& again) {
          if (resumed.Begin(*again)) AnswerWith(resumed, *again, handler, handler(resumed, *again));
        });
        return absl::OkStatus();
      },
      limit, lane);
}

}  // namespace sluice::api
