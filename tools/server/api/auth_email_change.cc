// New addresses. Tested by tests/conformance (`auth`).
#include "tools/server/api/auth.h"
#include "tools/server/api/auth_record.h"
#include "tools/server/api/login_flow.h"
#include "tools/server/auth/password_hash.h"
#include "tools/server/http/api_error.h"
#include "tools/server/login/find.h"
#include "tools/server/login/mails.h"

namespace sluice::api {
namespace {

Status RefuseSuperusers(const Collection& collection) {
  if (collection.name != "_superusers") return absl::OkStatus();
  return ApiStatus(400, "All superusers can change their emails directly.");
}

// The new address of a request, checked.
StatusOr<std::string> ReadNewEmail(const Call& call, const Collection& collection) {
  SLUICE_ASSIGN_OR_RETURN(const login::Form form, login::Form::Read(call.request));
  SLUICE_ASSIGN_OR_RETURN(std::string email, form.Text("newEmail"));
  login::Mistakes mistakes;
  mistakes.Required("newEmail", email);
  mistakes.Length("newEmail", email, 1, 255);
  mistakes.Email("newEmail", email);
  if (email == call.auth->principal.email)
    mistakes.Add("newEmail", "validation_not_in_invalid", "Must not be in list.");
  if (!mistakes.Has("newEmail")) {
    SLUICE_ASSIGN_OR_RETURN(const std::optional<writes::Record> taken,
                            login::FindByEmail(*call.connection, collection, email));
    if (taken)
      mistakes.Add("newEmail", "validation_invalid_new_email", "Invalid new email address.");
  }
  SLUICE_RETURN_IF_ERROR(mistakes.ToStatus());
  return email;
}

// One confirmation under way.
struct Change {
  CallPtr call;
  std::optional<writes::Record> record;  // of a token without mistakes
  std::string new_email;
  std::string password;
  login::Mistakes mistakes;
};
using ChangePtr = std::shared_ptr<Change>;

Status ReadChange(Change& change, const Collection& collection) {
  const Call& call = *change.call;
  SLUICE_ASSIGN_OR_RETURN(const login::Form form, login::Form::Read(call.request));
  SLUICE_ASSIGN_OR_RETURN(const std::string token, form.Text("token"));
  SLUICE_ASSIGN_OR_RETURN(change.password, form.Text("password"));
  login::Mistakes& mistakes = change.mistakes;
  mistakes.Required("password", change.password);
  mistakes.Length("password", change.password, 1, 100);
  mistakes.Required("token", token);
  change.new_email = login::UnverifiedText(token, "newEmail");
  if (change.new_email.empty()) {
    mistakes.Add("token", "validation_invalid_token_payload",
                 "Invalid token payload - newEmail must be set.");
  }
  if (mistakes.Has("token")) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(
      change.record, CheckToken(call, collection, token, login::TokenKind::kEmailChange, mistakes));
  if (!change.record) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const std::optional<writes::Record> taken,
                          login::FindByEmail(*call.connection, collection, change.new_email));
  if (taken) {
    mistakes.Add("token", "validation_invalid_token_email", "The new email address is invalid.");
    change.record.reset();
  }
  return absl::OkStatus();
}

Status SetEmail(writes::Scope& scope, const Change& change) {
  SLUICE_ASSIGN_OR_RETURN(writes::Record record, CurrentRecord(scope, *change.record));
  record.Get("email").text = change.new_email;
  record.Get("verified").boolean = true;
  return writes::CheckAndSave(scope, record);
}

void Store(ServerParts& parts, const ChangePtr& change) {
  parts.writes->Submit(
      [change](writes::Scope& scope) { return SetEmail(scope, *change); },
      [&parts, change](const Status& status) {
        parts.Answer(*change->call,
                     status.ok() ? http::NoContent()
                                 : login::SaveError(status, "Failed to confirm email change."));
      });
}

void WrongPassword(login::Mistakes& mistakes) {
  mistakes.Add("password", "validation_invalid_password",
               "Missing or invalid auth record password.");
}

}  // namespace

Status RequestEmailChange(ServerParts& parts, const CallPtr& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          OwnCollectionInPath(parts, *call, {"requestEmailChange"}));
  SLUICE_RETURN_IF_ERROR(RefuseSuperusers(*collection));
  SLUICE_ASSIGN_OR_RETURN(const std::string email, ReadNewEmail(*call, *collection));
  SLUICE_ASSIGN_OR_RETURN(
      const std::optional<writes::Record> record,
      writes::FindRecord(*call->connection, *collection, call->auth->principal.record_id));
  if (!record) return ApiStatus(404, "");
  const store::AuthOptions& options = call->snapshot->AuthOptionsOf(*collection);
  const std::string token = login::MakeToken(options, *record,
                                             {.kind = login::TokenKind::kEmailChange,
                                              .now_millis = call->context.now,
                                              .new_email = email});
  parts.mailer->Send(login::MakeMail(login::MailKind::kEmailChange, call->snapshot->settings,
                                     options, *record, {{"TOKEN", token}}, email),
                     call->snapshot->settings.smtp, kWaitedMailPatience,
                     mail::Mailer::Lane::kAnswer, [&parts, call](const Status& sent) {
                       if (sent.ok()) return parts.Answer(*call, http::NoContent());
                       parts.log.Failure(observe::LogLevel::kWarn, "mail a change of address", sent,
                                         "");
                       parts.Answer(*call, ApiStatus(400, "Failed to request email change."));
                     });
  return absl::OkStatus();
}

Status ConfirmEmailChange(ServerParts& parts, const CallPtr& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          AuthCollectionInPath(parts, *call, {"confirmEmailChange"}));
  SLUICE_RETURN_IF_ERROR(RefuseSuperusers(*collection));
  auto change = std::make_shared<Change>();
  change->call = call;
  SLUICE_RETURN_IF_ERROR(ReadChange(*change, *collection));
  if (!change->record || change->mistakes.Has("password")) {
    if (!change->record) WrongPassword(change->mistakes);
    return change->mistakes.ToStatus();
  }
  return OnHashThread(parts, call, [&parts, change] {
    if (!auth::VerifyPassword(change->password, change->record->Get("password").text)) {
      WrongPassword(change->mistakes);
      return parts.Answer(*change->call, change->mistakes.ToStatus());
    }
    Store(parts, change);
  });
}

}  // namespace sluice::api
