// New passwords by mail. Tested by tests/conformance (`auth`).
#include "tools/server/api/auth.h"
#include "tools/server/api/auth_record.h"
#include "tools/server/api/login_flow.h"
#include "tools/server/auth/password_hash.h"
#include "tools/server/http/api_error.h"
#include "tools/server/login/find.h"
#include "tools/server/login/mails.h"
#include "tools/server/login/password_options.h"

namespace sluice::api {
namespace {

constexpr std::string_view kThrottle = "password reset";
constexpr std::string_view kInstallerEmail = "__pbinstaller@example.com";

void SendMail(ServerParts& parts, const AddressOwner& owner) {
  const writes::Record& record = owner.record;
  const std::string& to = record.Get("email").text;
  // nobody reads the mails of that account.
  if (record.collection->name == "_superusers" && to == kInstallerEmail) return;
  const std::string key = ThrottleKey(kThrottle, record);
  if (!parts.mail_throttle.Start(key, owner.now_millis)) return;
  const store::AuthOptions& options = owner.snapshot->AuthOptionsOf(*record.collection);
  const std::string token = login::MakeToken(
      options, record, {.kind = login::TokenKind::kPasswordReset, .now_millis = owner.now_millis});
  parts.mailer->Send(login::MakeMail(login::MailKind::kPasswordReset, owner.snapshot->settings,
                                     options, record, {{"TOKEN", token}}, to),
                     owner.snapshot->settings.smtp, kMailPatience, mail::Mailer::Lane::kBackground,
                     [&parts, key](const Status& sent) {
                       if (sent.ok()) return;
                       // Only a mail that was sent makes the next one wait.
                       parts.mail_throttle.Clear(key);
                       parts.log.Failure(observe::LogLevel::kWarn, "mail a password reset", sent,
                                         "");
                     });
}

// One reset under way.
struct Reset {
  CallPtr call;
  writes::Record record;
  std::string token_email;
  fields::FieldValue password;
};
using ResetPtr = std::shared_ptr<Reset>;

Status SetPassword(writes::Scope& scope, const Reset& reset) {
  SLUICE_ASSIGN_OR_RETURN(writes::Record record, CurrentRecord(scope, reset.record));
  record.Get("password") = reset.password;
  // Who got the mail owns the address.
  if (reset.token_email == record.Get("email").text) record.Get("verified").boolean = true;
  return writes::CheckAndSave(scope, record);
}

void Store(ServerParts& parts, const ResetPtr& reset) {
  parts.writes->Submit([reset](writes::Scope& scope) { return SetPassword(scope, *reset); },
                       [&parts, reset](const Status& status) {
                         if (!status.ok())
                           return parts.Answer(
                               *reset->call,
                               login::SaveError(status, "Failed to set new password."));
                         parts.mail_throttle.Clear(ThrottleKey(kThrottle, reset->record));
                         parts.Answer(*reset->call, http::NoContent());
                       });
}

struct ResetForm {
  std::string token;
  std::string password;
};

// Checks the form; the record of the token goes into `reset`.
StatusOr<ResetForm> ReadResetForm(const Call& call, const Collection& collection, Reset& reset) {
  // whatever cannot be read is the load error here.
  const StatusOr<login::Form> form = login::Form::Read(call.request);
  if (!form.ok()) return login::LoadError();
  ResetForm read;
  SLUICE_ASSIGN_OR_RETURN(read.token, form->Text("token"));
  SLUICE_ASSIGN_OR_RETURN(read.password, form->Text("password"));
  SLUICE_ASSIGN_OR_RETURN(const std::string confirm, form->Text("passwordConfirm"));
  login::Mistakes mistakes;
  SLUICE_ASSIGN_OR_RETURN(
      std::optional<writes::Record> record,
      CheckToken(call, collection, read.token, login::TokenKind::kPasswordReset, mistakes));
  mistakes.Required("password", read.password);
  mistakes.Length("password", read.password, login::PasswordOptionsOf(collection).min, 255);
  mistakes.Required("passwordConfirm", confirm);
  if (confirm != read.password)
    mistakes.Add("passwordConfirm", "validation_values_mismatch", "Values don't match.");
  SLUICE_RETURN_IF_ERROR(mistakes.ToStatus());
  reset.record = *std::move(record);
  return read;
}

}  // namespace

Status RequestPasswordReset(ServerParts& parts, const CallPtr& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          AuthCollectionInPath(parts, *call, {"requestPasswordReset"}));
  if (!call->snapshot->AuthOptionsOf(*collection).password_enabled)
    return ApiStatus(400, "The collection is not configured to allow password authentication.");
  SLUICE_ASSIGN_OR_RETURN(std::string email, ReadEmail(*call, "email"));
  AnswerThenFind(parts, *call, *collection, std::move(email), &SendMail);
  return absl::OkStatus();
}

Status ConfirmPasswordReset(ServerParts& parts, const CallPtr& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          AuthCollectionInPath(parts, *call, {"confirmPasswordReset"}));
  auto reset = std::make_shared<Reset>();
  reset->call = call;
  SLUICE_ASSIGN_OR_RETURN(const ResetForm form, ReadResetForm(*call, *collection, *reset));
  reset->token_email = login::UnverifiedText(form.token, "email");
  reset->password.plain = form.password;
  reset->password.has_plain = true;
  const int cost = login::PasswordOptionsOf(*collection).cost;
  return OnHashThread(parts, call, [&parts, reset, cost] {
    StatusOr<std::string> hash = auth::HashPassword(reset->password.plain, cost);
    reset->password.hash_failed = !hash.ok();
    if (hash.ok()) reset->password.text = *std::move(hash);
    Store(parts, reset);
  });
}

}  // namespace sluice::api
