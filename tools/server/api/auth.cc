// Logins by password, refreshes, impersonation and file tokens (A-49 to A-61,
// Tested by tests/conformance (`auth`).
#include "tools/server/api/auth.h"

#include "tools/server/api/login_flow.h"
#include "tools/server/api/mail_links_page.h"
#include "tools/server/auth/password_hash.h"
#include "tools/server/auth/token.h"
#include "tools/server/http/api_error.h"
#include "tools/server/login/find.h"
#include "tools/server/login/form.h"
#include "tools/server/login/methods.h"
#include "tools/server/oauth2/methods.h"

namespace sluice::api {
namespace {

StatusOr<http::Response> Methods(ServerParts& parts, Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          AuthCollectionInPath(parts, call, {"listAuthMethods"}));
  const store::AuthOptions& options = call.snapshot->AuthOptionsOf(*collection);
  return PickedJson(call, login::MethodsJson(options, oauth2::MethodsOf(options)));
}

struct PasswordForm {
  std::string identity;
  std::string password;
  std::string field;
};

StatusOr<PasswordForm> ReadPasswordForm(const Call& call, const store::AuthOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const login::Form form, login::Form::Read(call.request));
  PasswordForm read;
  SLUICE_ASSIGN_OR_RETURN(read.identity, form.Text("identity"));
  SLUICE_ASSIGN_OR_RETURN(read.password, form.Text("password"));
  SLUICE_ASSIGN_OR_RETURN(read.field, form.Text("identityField"));
  login::Mistakes mistakes;
  mistakes.Required("identity", read.identity);
  mistakes.Length("identity", read.identity, 1, 255);
  mistakes.Required("password", read.password);
  mistakes.Length("password", read.password, 1, 255);
  mistakes.Length("identityField", read.field, 1, 255);
  const auto& names = options.identity_fields;
  if (!read.field.empty() && std::find(names.begin(), names.end(), read.field) == names.end())
    mistakes.Add("identityField", "validation_in_invalid", "Must be a valid value.");
  SLUICE_RETURN_IF_ERROR(mistakes.ToStatus());
  return read;
}

Status WrongPassword() { return ApiStatus(400, "Failed to authenticate."); }

Status WithPassword(ServerParts& parts, const CallPtr& call) {
  auto login = std::make_shared<Login>();
  login->call = call;
  login->method = "password";
  SLUICE_ASSIGN_OR_RETURN(login->collection,
                          AuthCollectionInPath(parts, *call, {"authWithPassword", "auth"}));
  const store::AuthOptions& options = login->options();
  if (!options.password_enabled)
    return ApiStatus(403, "The collection is not configured to allow password authentication.");
  SLUICE_ASSIGN_OR_RETURN(PasswordForm form, ReadPasswordForm(*call, options));
  SLUICE_ASSIGN_OR_RETURN(std::optional<writes::Record> record,
                          login::FindByIdentity(*call->connection, *login->collection, options,
                                                form.field, form.identity));
  std::string hash;
  if (record) {
    hash = record->Get("password").text;
    login->record = *std::move(record);
  } else {
    // as long as for somebody who is there.
    form.password.clear();
    SLUICE_ASSIGN_OR_RETURN(hash, login::AnyPasswordHash(*call->connection, *call->snapshot->schema,
                                                         *login->collection));
    if (hash.empty()) return WrongPassword();
  }
  return OnHashThread(parts, call, [&parts, login, hash, password = std::move(form.password)] {
    const bool right = auth::VerifyPassword(password, hash);
    if (!right || login->record.collection == nullptr)
      return parts.Answer(*login->call, WrongPassword());
    parts.Resume(login->call,
                 [login](ServerParts& resumed, const CallPtr&) { FinishLogin(resumed, login); });
  });
}

// The caller's own record, whole.
StatusOr<writes::Record> OwnRecord(const Call& call) {
  const Collection* collection =
      call.snapshot->schema->FindById(call.auth->principal.collection_id);
  SLUICE_ASSIGN_OR_RETURN(
      std::optional<writes::Record> record,
      writes::FindRecord(*call.connection, *collection, call.auth->principal.record_id));
  if (!record) return ApiStatus(404, "");
  return *std::move(record);
}

StatusOr<http::Response> Refresh(ServerParts& parts, const CallPtr& call) {
  Login login;
  login.call = call;
  SLUICE_ASSIGN_OR_RETURN(login.collection, OwnCollectionInPath(parts, *call, {"authRefresh"}));
  SLUICE_ASSIGN_OR_RETURN(login.record, OwnRecord(*call));
  const std::string_view submitted =
      auth::TokenOf(call->request.headers.Find("Authorization").value_or(""));
  login.token = std::string(submitted);
  if (login::IsRefreshable(submitted))
    login.token =
        login::MakeToken(login.options(), login.record, {.now_millis = call->context.now});
  return AnswerWithToken(login);
}

Status AnswerRefresh(ServerParts& parts, const CallPtr& call) {
  StatusOr<http::Response> answer = Refresh(parts, call);
  if (!call->GaveUp()) {
    parts.Answer(*call, std::move(answer));
    return absl::OkStatus();
  }
  parts.ResumeSlowly(call, [](ServerParts& resumed, const CallPtr& again) {
    if (resumed.Begin(*again)) resumed.Answer(*again, Refresh(resumed, again));
  });
  return absl::OkStatus();
}

StatusOr<std::int64_t> ReadDuration(const Call& call) {
  // whatever cannot be read is the load error here.
  const StatusOr<login::Form> form = login::Form::Read(call.request);
  if (!form.ok()) return login::LoadError();
  SLUICE_ASSIGN_OR_RETURN(const std::int64_t duration, form->Integer("duration"));
  login::Mistakes mistakes;
  if (duration < 0) {
    mistakes.Add("duration", "validation_min_greater_equal_than_required",
                 "Must be no less than 0.", {{"threshold", 0}});
  }
  SLUICE_RETURN_IF_ERROR(mistakes.ToStatus());
  return duration;
}

StatusOr<http::Response> Impersonate(const CallPtr& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(*call));
  Login login;
  login.call = call;
  constexpr std::string_view kMissing = "Missing or invalid auth collection context.";
  SLUICE_ASSIGN_OR_RETURN(login.collection, CollectionInPath(*call, kMissing));
  if (!login.collection->is_auth()) return ApiStatus(404, std::string(kMissing));
  SLUICE_ASSIGN_OR_RETURN(
      std::optional<writes::Record> record,
      writes::FindRecord(*call->connection, *login.collection, call->request.PathParam("id")));
  if (!record) return ApiStatus(404, "");
  login.record = *std::move(record);
  SLUICE_ASSIGN_OR_RETURN(const std::int64_t duration, ReadDuration(*call));
  login.token = login::MakeToken(
      login.options(), login.record,
      {.now_millis = call->context.now, .duration = duration, .refreshable = false});
  if (login.token.empty()) return ApiStatus(500, "Failed to create auth token.");
  return AnswerWithToken(login);
}

Status AnswerImpersonate(ServerParts& parts, const CallPtr& call) {
  parts.Answer(*call, Impersonate(call));
  return absl::OkStatus();
}

StatusOr<http::Response> FileToken(ServerParts&, Call& call) {
  if (!call.auth) return ApiStatus(401, "The request requires valid record authorization token.");
  SLUICE_ASSIGN_OR_RETURN(const writes::Record record, OwnRecord(call));
  const std::string token =
      login::MakeToken(call.snapshot->AuthOptionsOf(*record.collection), record,
                       {.kind = login::TokenKind::kFile, .now_millis = call.context.now});
  if (token.empty()) return ApiStatus(400, "Failed to generate file token.");
  return PickedJson(call, "{\"token\":\"" + token + "\"}\n");
}

}  // namespace

void AddAuthRoutes(ServerParts& parts, http::Router& router) {
  constexpr std::string_view kCollection = "/api/collections/{collection}/";
  const auto path = [kCollection](std::string_view last) {
    return std::string(kCollection) + std::string(last);
  };
  const auto post = [&](std::string_view last, ServerParts::LaterHandler handler,
                        Lane lane = Lane::kQueryThread) {
    router.Add("POST", path(last),
               parts.OnQueryThreadLater(std::move(handler), RateLimit::kByHandler, lane));
  };
  router.Add("GET", path("auth-methods"), parts.OnQueryThread(&Methods, RateLimit::kByHandler));
  post("auth-with-password", &WithPassword);
  post("auth-refresh", &AnswerRefresh, Lane::kAtOnce);
  post("request-otp", &RequestOtp);
  post("auth-with-otp", &WithOtp);
  post("request-verification", &RequestVerification);
  post("confirm-verification", &ConfirmVerification);
  post("request-password-reset", &RequestPasswordReset);
  post("confirm-password-reset", &ConfirmPasswordReset);
  post("request-email-change", &RequestEmailChange);
  post("confirm-email-change", &ConfirmEmailChange);
  router.Add("POST", path("impersonate/{id}"), parts.OnQueryThreadLater(&AnswerImpersonate));
  router.Add("POST", "/api/files/token", parts.OnQueryThread(&FileToken));
  router.Add("POST", "/api/settings/test/email", parts.OnQueryThreadLater(&SendTestMail));
  router.Add("POST", "/api/settings/test/s3", parts.OnQueryThreadLater(&TestS3));
  router.Add("POST", "/api/settings/apple/generate-client-secret",
             parts.OnQueryThread(&GenerateAppleSecret));
  AddMailLinkRoutes(router);
}

}  // namespace sluice::api
