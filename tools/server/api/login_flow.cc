// Tested by tests/conformance (`auth`) and tests/server/login_flow_test.cc.
#include "tools/server/api/login_flow.h"

#include "tools/server/auth/fingerprint.h"
#include "tools/server/auth/ip_list.h"
#include "tools/server/http/api_error.h"
#include "tools/server/json/json_text.h"
#include "tools/server/login/mails.h"
#include "tools/server/login/sessions.h"
#include "tools/server/records/query.h"
#include "tools/server/writes/answer.h"
#include "tools/server/writes/rules.h"

namespace sluice::api {
namespace {

using login::Subject;

constexpr std::string_view kSuperusers = "_superusers";
constexpr std::chrono::seconds kAlertPatience(15);
constexpr std::size_t kAgentBytesMax = 200;

// Where one login came from.
struct Place {
  std::string ip;
  std::string agent;
  std::string fingerprint;
};

void Answer(ServerParts& parts, const LoginPtr& login, StatusOr<http::Response> answer) {
  parts.Answer(*login->call, std::move(answer));
}

// Goes on with `next` on a query thread; a failure of it is answered.
void ResumeWith(ServerParts& parts, const LoginPtr& login,
                Status (*next)(ServerParts&, const LoginPtr&)) {
  parts.Resume(login->call, [login, next](ServerParts& resumed, const CallPtr&) {
    const Status status = next(resumed, login);
    if (!status.ok()) Answer(resumed, login, status);
  });
}

Status CheckAddress(const Login& login) {
  const std::vector<std::string>& listed = login.call->snapshot->settings.superuser_ips;
  if (login.collection->name != kSuperusers || listed.empty()) return absl::OkStatus();
  if (auth::IsListed(ClientIp(*login.call), listed)) return absl::OkStatus();
  return ApiStatus(403, "");
}

Status CheckAuthRule(Login& login) {
  Call& call = *login.call;
  if (!login.method.empty()) call.context.context = login.method;
  if (call.superuser()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(
      const bool holds,
      writes::HoldsOnStored(call.caller(), login.options().auth_rule, login.record));
  if (holds) return absl::OkStatus();
  return ApiStatus(403, "The request doesn't satisfy the collection requirements to authenticate.");
}

// Steps 2 to 4.
Status CheckMayLogIn(Login& login) {
  SLUICE_RETURN_IF_ERROR(CheckAddress(login));
  SLUICE_RETURN_IF_ERROR(ReadBody(*login.call));
  return CheckAuthRule(login);
}

// The record as it sees itself, with what it may see of others.
StatusOr<http::Response> MakeAnswer(Login& login) {
  Call& call = *login.call;
  const AuthRecord own{login.collection, login.record.id(), login.record.Get("email").text,
                       login.record.Get("emailVisibility").boolean,
                       login.record.Get("verified").boolean};
  RequestContext context = call.context;
  context.auth = &own;
  const records::Caller caller{*call.snapshot, *call.connection, context,
                               login.collection->name == kSuperusers};
  const writes::AnswerParams params{.expand = ParamsOf(call.request).expand,
                                    .always_show_email = true};
  SLUICE_ASSIGN_OR_RETURN(const std::string record,
                          writes::RecordObject(caller, login.record, params));
  std::string body = "{";
  if (!login.meta.empty()) body += "\"meta\":" + login.meta + ",";
  body += "\"record\":" + record + ",\"token\":";
  json::AppendString(body, login.token);
  body += "}\n";
  return PickedJson(call, std::move(body));
}

Status Respond(ServerParts& parts, const LoginPtr& login) {
  Answer(parts, login, MakeAnswer(*login));
  return absl::OkStatus();
}

Place PlaceOf(const Call& call) {
  Place place;
  place.ip = ClientIp(call);
  place.agent = std::string(call.request.headers.Find("User-Agent").value_or(""));
  if (place.agent.size() > kAgentBytesMax)
    place.agent = place.agent.substr(0, kAgentBytesMax) + "...";
  place.fingerprint = auth::Fingerprint(place.ip, place.agent);
  return place;
}

// Stores the origin, and answers whether or not that worked.
void KeepOrigin(ServerParts& parts, const LoginPtr& login, const std::string& fingerprint) {
  const Subject subject = Subject::Of(login->record);
  parts.writes->Submit(
      [subject, fingerprint](writes::Scope& scope) {
        return login::KeepOrigin(scope, subject, fingerprint);
      },
      [&parts, login](const Status& status) {
        if (!status.ok())
          parts.log.Failure(observe::LogLevel::kWarn, "keep a login origin", status, "");
        ResumeWith(parts, login, &Respond);
      });
}

// Warns the owner by mail, and waits for it; a place that nobody was told of is
// not kept, so that the next login tells.
void SendAlert(ServerParts& parts, const LoginPtr& login, const Place& place) {
  const Call& call = *login->call;
  const login::MailValues values = {
      {"ALERT_INFO", login::AlertInfo(call.context.now, place.ip, place.agent)}};
  mail::Mail mail =
      login::MakeMail(login::MailKind::kLoginAlert, call.snapshot->settings, login->options(),
                      login->record, values, login->record.Get("email").text);
  parts.mailer->Send(
      std::move(mail), call.snapshot->settings.smtp, kAlertPatience, mail::Mailer::Lane::kAnswer,
      [&parts, login, fingerprint = place.fingerprint](const Status& status) {
        if (status.ok()) return KeepOrigin(parts, login, fingerprint);
        parts.log.Failure(observe::LogLevel::kWarn, "send a login alert", status, "");
        ResumeWith(parts, login, &Respond);
      });
}

// Step 7.
Status AlertAndRespond(ServerParts& parts, const LoginPtr& login) {
  if (!login->options().alert_enabled) return Respond(parts, login);
  Call& call = *login->call;
  const Place place = PlaceOf(call);
  SLUICE_ASSIGN_OR_RETURN(const login::OriginKind kind,
                          login::FindOrigin(*call.connection, *call.snapshot->schema,
                                            Subject::Of(login->record), place.fingerprint));
  if (kind == login::OriginKind::kNew && !login->record.Get("email").text.empty()) {
    SendAlert(parts, login, place);
  } else {
    KeepOrigin(parts, login, place.fingerprint);
  }
  return absl::OkStatus();
}

// Whether the rule selects the record. Unlike an API rule, one that fails is a
// failure: it must not wave people past the second factor.
StatusOr<bool> RuleSelects(const records::Caller& caller, const store::ParsedRule& rule,
                           const writes::Record& record) {
  SLUICE_RETURN_IF_ERROR(rule.error);
  const std::string id = record.id();
  Query query;
  query.collection = record.collection;
  query.rule = rule.ast ? &*rule.ast : nullptr;
  query.row_id = &id;
  SLUICE_ASSIGN_OR_RETURN(const Plan plan, records::MakePlan(caller, query, BindMode::kOpen));
  SLUICE_RETURN_IF_ERROR(records::CheckCost(caller, plan, 1));
  SelectOptions options;
  options.columns = {"id"};
  bool found = false;
  SLUICE_RETURN_IF_ERROR(records::RunStatement(caller.connection, plan,
                                               SelectRows(plan, Sqlite(), options), {},
                                               [&found](const store::Statement&) {
                                                 found = true;
                                                 return absl::OkStatus();
                                               }));
  return found;
}

// Whether the second factor is asked of this record.
StatusOr<bool> NeedsMfa(Login& login) {
  const store::AuthOptions& options = login.options();
  if (!options.mfa_enabled) return false;
  if (options.mfa_rule_text.empty()) return true;
  StatusOr<bool> needs = RuleSelects(login.call->caller(), options.mfa_rule, login.record);
  if (!needs.ok()) return ApiStatus(400, "Failed to authenticate.");
  return needs;
}

StatusOr<std::string> MfaIdOf(const Call& call) {
  const std::string_view query = call.request.Query("mfaId").value_or("");
  if (!query.empty()) return std::string(query);
  const JsonValue* value = call.context.body.Find("mfaId");
  if (value == nullptr || value->kind == JsonValue::Kind::kNull) return std::string();
  if (value->kind != JsonValue::Kind::kString) return ApiStatus(400, "Failed to read MFA Id.");
  return value->string;
}

StatusOr<const Collection*> LimitedCollection(ServerParts& parts, const Call& call,
                                              std::vector<std::string_view> tags) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          CollectionInPath(call, "Missing or invalid collection context."));
  SLUICE_RETURN_IF_ERROR(parts.LimitRate(call, collection, std::move(tags)));
  return collection;
}

// The first factor is there: a session waits for the second one.
void BeginMfa(ServerParts& parts, const LoginPtr& login) {
  auto id = std::make_shared<std::string>();
  parts.writes->Submit(
      [login, id, subject = Subject::Of(login->record)](writes::Scope& scope) -> Status {
        SLUICE_ASSIGN_OR_RETURN(*id, login::InsertMfa(scope, subject, login->method));
        return absl::OkStatus();
      },
      [&parts, login, id](const Status& status) {
        if (!status.ok()) return Answer(parts, login, status);
        Answer(parts, login, http::JsonResponse(401, "{\"mfaId\":\"" + *id + "\"}\n"));
      });
}

void EndMfa(ServerParts& parts, const LoginPtr& login, const std::string& id) {
  auto refusal = std::make_shared<Status>();
  parts.writes->Submit(
      [login, id, refusal, subject = Subject::Of(login->record)](writes::Scope& scope) {
        return login::UseMfa(scope, id, subject, login->method, login->options().mfa_duration,
                             login->call->context.now, *refusal);
      },
      [&parts, login, refusal](const Status& status) {
        if (!status.ok()) return Answer(parts, login, status);
        if (!refusal->ok()) return Answer(parts, login, *refusal);
        ResumeWith(parts, login, &AlertAndRespond);
      });
}

Status Finish(ServerParts& parts, const LoginPtr& login) {
  Call& call = *login->call;
  login->token =
      login::MakeToken(login->options(), login->record,
                       {.kind = login::TokenKind::kAuth, .now_millis = call.context.now});
  if (login->token.empty()) return ApiStatus(500, "Failed to create auth token.");
  SLUICE_RETURN_IF_ERROR(CheckMayLogIn(*login));
  SLUICE_ASSIGN_OR_RETURN(const bool mfa, NeedsMfa(*login));
  if (!mfa) return AlertAndRespond(parts, login);
  SLUICE_ASSIGN_OR_RETURN(const std::string id, MfaIdOf(call));
  if (id.empty()) {
    BeginMfa(parts, login);
  } else {
    EndMfa(parts, login, id);
  }
  return absl::OkStatus();
}

}  // namespace

void FinishLogin(ServerParts& parts, const LoginPtr& login) {
  const Status status = Finish(parts, login);
  if (!status.ok()) Answer(parts, login, status);
}

StatusOr<http::Response> AnswerWithToken(Login& login) {
  SLUICE_RETURN_IF_ERROR(CheckMayLogIn(login));
  return MakeAnswer(login);
}

StatusOr<const Collection*> AuthCollectionInPath(ServerParts& parts, const Call& call,
                                                 std::vector<std::string_view> tags) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          LimitedCollection(parts, call, std::move(tags)));
  if (!collection->is_auth()) return ApiStatus(404, "Missing or invalid auth collection context.");
  return collection;
}

StatusOr<const Collection*> OwnCollectionInPath(ServerParts& parts, const Call& call,
                                                std::vector<std::string_view> tags) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          LimitedCollection(parts, call, std::move(tags)));
  if (!call.auth) return ApiStatus(401, "The request requires valid record authorization token.");
  if (call.auth->principal.collection_id == collection->id) return collection;
  return ApiStatus(403, "The request requires auth record from " +
                            call.auth->principal.collection_name + " collection.");
}

Status ReloadRecord(Login& login) {
  SLUICE_ASSIGN_OR_RETURN(
      std::optional<writes::Record> record,
      writes::FindRecord(*login.call->connection, *login.collection, login.record.id()));
  if (!record) return ApiStatus(404, "");
  login.record = *std::move(record);
  return absl::OkStatus();
}

Status OnHashThread(ServerParts& parts, const CallPtr& call, std::function<void()> job) {
  const bool queued = parts.hashes->Submit([call, job = std::move(job)] {
    if (!call->request.cancelled.IsCancelled()) job();
  });
  return queued ? absl::OkStatus() : ApiStatus(503, "The server is busy, try again later.");
}

}  // namespace sluice::api
