// Verified addresses. Tested by tests/conformance (`auth`).
#include "tools/server/api/auth.h"
#include "tools/server/api/auth_record.h"
#include "tools/server/api/login_flow.h"
#include "tools/server/http/api_error.h"
#include "tools/server/login/find.h"
#include "tools/server/login/mails.h"

namespace sluice::api {
namespace {

constexpr std::string_view kThrottle = "verification";

StatusOr<const Collection*> CollectionOf(ServerParts& parts, const Call& call,
                                         std::string_view tag) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection, AuthCollectionInPath(parts, call, {tag}));
  if (collection->name == "_superusers")
    return ApiStatus(400, "All superusers are verified by default.");
  return collection;
}

void SendMail(ServerParts& parts, const AddressOwner& owner) {
  const writes::Record& record = owner.record;
  if (record.Get("verified").boolean) return;
  // also after a mail that could not be sent.
  if (!parts.mail_throttle.Start(ThrottleKey(kThrottle, record), owner.now_millis)) return;
  const store::AuthOptions& options = owner.snapshot->AuthOptionsOf(*record.collection);
  const std::string token = login::MakeToken(
      options, record, {.kind = login::TokenKind::kVerification, .now_millis = owner.now_millis});
  const std::string& to = record.Get("email").text;
  parts.mailer->Send(login::MakeMail(login::MailKind::kVerification, owner.snapshot->settings,
                                     options, record, {{"TOKEN", token}}, to),
                     owner.snapshot->settings.smtp, kMailPatience, mail::Mailer::Lane::kBackground,
                     [&parts](const Status& sent) {
                       if (!sent.ok())
                         parts.log.Failure(observe::LogLevel::kWarn, "mail a verification", sent,
                                           "");
                     });
}

Status Verify(writes::Scope& scope, const writes::Record& checked) {
  SLUICE_ASSIGN_OR_RETURN(writes::Record record, CurrentRecord(scope, checked));
  if (record.Get("verified").boolean) return absl::OkStatus();
  record.Get("verified").boolean = true;
  SLUICE_RETURN_IF_ERROR(writes::CheckRecord(*scope.snapshot, scope.connection, record));
  // whoever registered the address keeps no way in.
  if (!scope.snapshot->AuthOptionsOf(*record.collection).password_enabled)
    SetRandomPassword(record);
  return writes::SaveRecord(scope, record);
}

}  // namespace

Status RequestVerification(ServerParts& parts, const CallPtr& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          CollectionOf(parts, *call, "requestVerification"));
  SLUICE_ASSIGN_OR_RETURN(std::string email, ReadEmail(*call, "email"));
  AnswerThenFind(parts, *call, *collection, std::move(email), &SendMail);
  return absl::OkStatus();
}

Status ConfirmVerification(ServerParts& parts, const CallPtr& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          CollectionOf(parts, *call, "confirmVerification"));
  SLUICE_ASSIGN_OR_RETURN(const login::Form form, login::Form::Read(call->request));
  SLUICE_ASSIGN_OR_RETURN(const std::string token, form.Text("token"));
  login::Mistakes mistakes;
  mistakes.Required("token", token);
  const std::string email = login::UnverifiedText(token, "email");
  if (email.empty())
    mistakes.Add("token", "validation_invalid_token_claims", "Missing email token claim.");
  std::optional<writes::Record> record;
  if (!mistakes.Has("token")) {
    SLUICE_ASSIGN_OR_RETURN(
        record, CheckToken(*call, *collection, token, login::TokenKind::kVerification, mistakes));
  }
  if (record && record->Get("email").text != email) {
    mistakes.Add("token", "validation_token_email_mismatch",
                 "The record email doesn't match with the requested token claims.");
  }
  SLUICE_RETURN_IF_ERROR(mistakes.ToStatus());
  parts.writes->Submit([checked = *record](writes::Scope& scope) { return Verify(scope, checked); },
                       [&parts, call, key = ThrottleKey(kThrottle, *record)](const Status& status) {
                         if (!status.ok()) return parts.Answer(*call, status);
                         parts.mail_throttle.Clear(key);
                         parts.Answer(*call, http::NoContent());
                       });
  return absl::OkStatus();
}

}  // namespace sluice::api
