// What the settings page can try out (S-113, A-101, A-102). Tested by
// tests/conformance (`auth`).
#include "tools/server/api/auth.h"
#include "tools/server/api/auth_record.h"
#include "tools/server/auth/apple_secret.h"
#include "tools/server/http/api_error.h"
#include "tools/server/login/mails.h"

namespace sluice::api {
namespace {

constexpr std::string_view kSendFailed = "Failed to send the test email.";
constexpr std::string_view kAppleFailed = "Invalid client secret data.";

struct TestMail {
  std::string_view name;
  login::MailKind kind;
};
constexpr TestMail kTestMails[] = {{"verification", login::MailKind::kVerification},
                                   {"password-reset", login::MailKind::kPasswordReset},
                                   {"email-change", login::MailKind::kEmailChange},
                                   {"otp", login::MailKind::kOtp},
                                   {"login-alert", login::MailKind::kLoginAlert}};

const TestMail* FindTestMail(std::string_view name) {
  for (const TestMail& mail : kTestMails) {
    if (mail.name == name) return &mail;
  }
  return nullptr;
}

// A record that never was, with a text in every field that holds one.
writes::Record FakeRecord(const Collection& collection, const std::string& email) {
  writes::Record record = writes::NewRecord(collection);
  for (std::size_t i = 0; i < collection.fields.size(); ++i) {
    const Field& field = collection.fields[i];
    const bool text = field.type == FieldType::kText || field.type == FieldType::kEmail ||
                      field.type == FieldType::kUrl || field.type == FieldType::kEditor;
    if (text) record.values[i].text = "__pb_test_" + field.name + "__";
    const bool list = field.type == FieldType::kSelect || field.type == FieldType::kRelation ||
                      field.type == FieldType::kFile;
    if (list) record.values[i].list = {"__pb_test_" + field.name + "__"};
  }
  record.Get("email").text = email;
  return record;
}

login::MailValues ValuesOf(login::MailKind kind, const Call& call,
                           const store::AuthOptions& options, const writes::Record& record) {
  const auto token = [&](login::TokenKind token_kind) {
    return login::MailValues{{"TOKEN", login::MakeToken(options, record,
                                                        {.kind = token_kind,
                                                         .now_millis = call.context.now,
                                                         .new_email = record.Get("email").text})}};
  };
  switch (kind) {
    case login::MailKind::kVerification:
      return token(login::TokenKind::kVerification);
    case login::MailKind::kPasswordReset:
      return token(login::TokenKind::kPasswordReset);
    case login::MailKind::kEmailChange:
      return token(login::TokenKind::kEmailChange);
    case login::MailKind::kOtp:
      return {{"OTP", "123456"}, {"OTP_ID", "_PB_TEST_OTP_ID_"}};
    case login::MailKind::kLoginAlert:
      return {{"ALERT_INFO", login::AlertInfo(call.context.now, "TEST_IP", "TEST_USER_AGENT")}};
  }
  return {};
}

// The recipient, the kind and the collection of a test mail, checked.
struct TestMailForm {
  std::string email;
  const TestMail* mail = nullptr;
  const Collection* collection = nullptr;
};

StatusOr<TestMailForm> ReadTestMailForm(const Call& call) {
  const StatusOr<login::Form> form = login::Form::Read(call.request);
  if (!form.ok()) return login::LoadError();
  SLUICE_ASSIGN_OR_RETURN(std::string email, form->Text("email"));
  SLUICE_ASSIGN_OR_RETURN(const std::string name, form->Text("template"));
  SLUICE_ASSIGN_OR_RETURN(const std::string collection_name, form->Text("collection"));
  TestMailForm read;
  login::Mistakes mistakes;
  mistakes.Length("collection", collection_name, 1, 255);
  mistakes.Required("email", email);
  mistakes.Length("email", email, 1, 255);
  mistakes.Email("email", email);
  mistakes.Required("template", name);
  read.mail = FindTestMail(name);
  if (read.mail == nullptr)
    mistakes.Add("template", "validation_in_invalid", "Must be a valid value.");
  read.collection =
      call.snapshot->schema->Find(collection_name.empty() ? "_superusers" : collection_name);
  if (read.collection == nullptr || !read.collection->is_auth())
    mistakes.Add("collection", "validation_invalid_auth_collection",
                 "Must be a valid auth collection id or name.");
  SLUICE_RETURN_IF_ERROR(mistakes.ToStatus(std::string(kSendFailed)));
  read.email = std::move(email);
  return read;
}

Status RawError(std::string_view what, const Status& status) {
  return ApiStatus(
      400, std::string(what) + " Raw error: \n" + std::string(AsStd(status.message())) + ".");
}

StatusOr<auth::AppleSecret> ReadAppleForm(const Call& call) {
  const StatusOr<login::Form> form = login::Form::Read(call.request);
  if (!form.ok()) return login::LoadError();
  auth::AppleSecret secret;
  SLUICE_ASSIGN_OR_RETURN(secret.client_id, form->Text("clientId"));
  SLUICE_ASSIGN_OR_RETURN(secret.team_id, form->Text("teamId"));
  SLUICE_ASSIGN_OR_RETURN(secret.key_id, form->Text("keyId"));
  SLUICE_ASSIGN_OR_RETURN(secret.private_key, form->Text("privateKey"));
  SLUICE_ASSIGN_OR_RETURN(secret.duration, form->Integer("duration"));
  constexpr std::size_t kAppleIdSize = 10;
  constexpr std::int64_t kDurationMax = 15777000;
  login::Mistakes mistakes;
  mistakes.Required("clientId", secret.client_id);
  mistakes.Required("teamId", secret.team_id);
  mistakes.ExactLength("teamId", secret.team_id, kAppleIdSize);
  mistakes.Required("keyId", secret.key_id);
  mistakes.ExactLength("keyId", secret.key_id, kAppleIdSize);
  mistakes.Required("privateKey", secret.private_key);
  const std::size_t begin = secret.private_key.find("-----BEGIN PRIVATE KEY-----");
  if (begin == std::string::npos ||
      secret.private_key.find("-----END PRIVATE KEY-----", begin) == std::string::npos)
    mistakes.Add("privateKey", "validation_match_invalid", "Must be in a valid format.");
  if (secret.duration == 0) mistakes.Required("duration", "");
  if (secret.duration < 1)
    mistakes.Add("duration", "validation_min_greater_equal_than_required",
                 "Must be no less than 1.", {{"threshold", 1}});
  if (secret.duration > kDurationMax)
    mistakes.Add("duration", "validation_max_less_equal_than_required",
                 "Must be no greater than 15777000.", {{"threshold", kDurationMax}});
  SLUICE_RETURN_IF_ERROR(mistakes.ToStatus(std::string(kAppleFailed)));
  return secret;
}

}  // namespace

Status SendTestMail(ServerParts& parts, const CallPtr& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(*call));
  SLUICE_ASSIGN_OR_RETURN(const TestMailForm form, ReadTestMailForm(*call));
  const store::AuthOptions& options = call->snapshot->AuthOptionsOf(*form.collection);
  const writes::Record record = FakeRecord(*form.collection, form.email);
  parts.mailer->Send(login::MakeMail(form.mail->kind, call->snapshot->settings, options, record,
                                     ValuesOf(form.mail->kind, *call, options, record), form.email),
                     call->snapshot->settings.smtp, kWaitedMailPatience,
                     mail::Mailer::Lane::kAnswer, [&parts, call](const Status& sent) {
                       if (sent.ok()) return parts.Answer(*call, http::NoContent());
                       parts.Answer(*call, RawError(kSendFailed, sent));
                     });
  return absl::OkStatus();
}

StatusOr<http::Response> GenerateAppleSecret(ServerParts&, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(const auth::AppleSecret secret, ReadAppleForm(call));
  const StatusOr<std::string> token = auth::MakeAppleSecret(secret, call.context.now / 1000);
  if (!token.ok()) return RawError("Failed to generate client secret.", token.status());
  return PickedJson(call, "{\"secret\":\"" + *token + "\"}\n");
}

}  // namespace sluice::api
