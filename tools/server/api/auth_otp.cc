// One-time passwords. Tested by tests/conformance (`auth`) and
// tests/server/login_flow_test.cc.
#include "tools/server/api/auth.h"
#include "tools/server/api/auth_record.h"
#include "tools/server/api/login_flow.h"
#include "tools/server/auth/password_hash.h"
#include "tools/server/auth/random_text.h"
#include "tools/server/http/api_error.h"
#include "tools/server/login/find.h"
#include "tools/server/login/form.h"
#include "tools/server/login/mails.h"
#include "tools/server/login/sessions.h"

namespace sluice::api {
namespace {

using login::Subject;

constexpr std::size_t kIdSize = 15;
constexpr int kOtpCost = 8;
constexpr std::int64_t kAttemptsMax = 5;
constexpr std::int64_t kAttemptSeconds = 180;

Status CheckEnabled(const store::AuthOptions& options) {
  if (options.otp_enabled) return absl::OkStatus();
  return ApiStatus(403, "The collection is not configured to allow OTP authentication.");
}

Status Invalid() { return ApiStatus(400, "Invalid or expired OTP."); }

http::Response OtpAnswer(const Call& call, const std::string& id) {
  return PickedJson(call, "{\"otpId\":\"" + id + "\"}\n");
}

std::string NewId() { return auth::RandomText(kIdSize, auth::kIdAlphabet); }

// One request for a code. Of an unknown address, too, a code is hashed and a row
// is written, though it does not stay: the answer takes as long.
struct OtpRequest {
  CallPtr call;
  bool known = false;
  Subject subject;
  std::int64_t duration = 0;
  std::string id;
  std::string hash;
  std::string to;
  mail::Mail mail;
  std::optional<std::string> full;  // set where the record has enough of them
};
using OtpRequestPtr = std::shared_ptr<OtpRequest>;

// the row says whom the mail reached, or goes.
void MailCode(ServerParts& parts, const OtpRequestPtr& request) {
  parts.mailer->Send(std::move(request->mail), request->call->snapshot->settings.smtp,
                     kMailPatience, mail::Mailer::Lane::kBackground,
                     [&parts, id = request->id, to = request->to](const Status& sent) {
                       if (!sent.ok())
                         parts.log.Failure(observe::LogLevel::kWarn, "mail a code", sent, "");
                       parts.writes->Submit(
                           [id, to, good = sent.ok()](writes::Scope& scope) {
                             return login::SettleOtp(scope, id, to, good);
                           },
                           [&parts](const Status& status) {
                             if (!status.ok())
                               parts.log.Failure(observe::LogLevel::kWarn, "note a mailed code",
                                                 status, "");
                           });
                     });
}

// As much work as storing a code, and nothing is left of it.
Status StoreNothing(writes::Scope& scope, const OtpRequest& request) {
  SLUICE_RETURN_IF_ERROR(login::InsertOtp(scope, request.subject, request.id, request.hash));
  SLUICE_ASSIGN_OR_RETURN(
      std::optional<writes::Record> row,
      writes::FindRecord(scope.connection, *scope.schema().Find("_otps"), request.id));
  return row ? writes::DeleteRecord(scope, *row) : absl::OkStatus();
}

void StoreCode(ServerParts& parts, const OtpRequestPtr& request) {
  parts.writes->Submit(
      [request](writes::Scope& scope) -> Status {
        if (!request->known) return StoreNothing(scope, *request);
        SLUICE_ASSIGN_OR_RETURN(request->full,
                                login::FullOtp(scope.connection, scope.schema(), request->subject,
                                               request->duration, request->call->context.now));
        if (request->full) return absl::OkStatus();
        return login::InsertOtp(scope, request->subject, request->id, request->hash);
      },
      [&parts, request](const Status& status) {
        Call& call = *request->call;
        if (!status.ok()) return parts.Answer(call, status);
        parts.Answer(call, OtpAnswer(call, request->full.value_or(request->id)));
        if (request->known && !request->full) MailCode(parts, request);
      });
}

// The attempts of one record from one address, whoever asks and whatever the
// settings say; with the other limits they start anew when settings are saved.
Status LimitAttempts(ServerParts& parts, const Call& call, const Subject& subject) {
  const std::vector<store::RateLimitRule> rules = {
      {"otp:attempt", "", kAttemptSeconds, kAttemptsMax}};
  const std::string bucket = "otp\n" + subject.collection_id + "\n" + subject.record_id;
  const std::string ip = ClientIp(call);
  settings::RateLimitAsk ask;
  ask.collection_id = bucket;
  ask.collection_name = "otp";
  ask.tags = {"attempt"};
  ask.ip = ip;
  ask.now_seconds = call.context.now / 1000;
  if (parts.rate_limiter.Allow(rules, ask)) return absl::OkStatus();
  return ApiStatus(429, "Too many attempts, please try again later with a new OTP.");
}

struct OtpForm {
  std::string id;
  std::string password;
};

StatusOr<OtpForm> ReadOtpForm(const Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const login::Form form, login::Form::Read(call.request));
  OtpForm read;
  SLUICE_ASSIGN_OR_RETURN(read.id, form.Text("otpId"));
  SLUICE_ASSIGN_OR_RETURN(read.password, form.Text("password"));
  login::Mistakes mistakes;
  mistakes.Required("otpId", read.id);
  mistakes.Length("otpId", read.id, 1, 255);
  mistakes.Required("password", read.password);
  mistakes.Length("password", read.password, 1, 71);
  SLUICE_RETURN_IF_ERROR(mistakes.ToStatus());
  return read;
}

// The open row with that id, and into `login` its record.
StatusOr<writes::Record> FindOtp(Login& login, std::string_view id) {
  Call& call = *login.call;
  const Collection* table = call.snapshot->schema->Find("_otps");
  if (table == nullptr) return Invalid();
  SLUICE_ASSIGN_OR_RETURN(std::optional<writes::Record> row,
                          writes::FindRecord(*call.connection, *table, id));
  if (!row || row->Get("collectionRef").text != login.collection->id ||
      login::IsExpired(row->Get("created").text, login.options().otp_duration, call.context.now))
    return Invalid();
  SLUICE_ASSIGN_OR_RETURN(
      std::optional<writes::Record> record,
      writes::FindRecord(*call.connection, *login.collection, row->Get("recordRef").text));
  if (!record) return Invalid();
  login.record = *std::move(record);
  return *std::move(row);
}

// who reads the mails of an address owns it. `mfa`: the collection has a
// second factor, so the old password may stay.
Status VerifyAddress(writes::Scope& scope, const Subject& subject, const std::string& sent_to,
                     bool mfa) {
  const Collection* collection = scope.schema().FindById(subject.collection_id);
  if (collection == nullptr) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(std::optional<writes::Record> record,
                          writes::FindRecord(scope.connection, *collection, subject.record_id));
  if (!record || record->Get("verified").boolean || sent_to.empty() ||
      record->Get("email").text != sent_to)
    return absl::OkStatus();
  record->Get("verified").boolean = true;
  SLUICE_RETURN_IF_ERROR(writes::CheckRecord(*scope.snapshot, scope.connection, *record));
  if (!mfa) SetRandomPassword(*record);
  return writes::SaveRecord(scope, *record);
}

// Uses the code up, and goes on with the login.
void UseCode(ServerParts& parts, const LoginPtr& login, const writes::Record& row) {
  parts.writes->Submit(
      [&parts, login, id = row.id(), sent_to = row.Get("sentTo").text,
       subject = Subject::Of(login->record)](writes::Scope& scope) -> Status {
        SLUICE_ASSIGN_OR_RETURN(
            std::optional<writes::Record> now,
            writes::FindRecord(scope.connection, *scope.schema().Find("_otps"), id));
        if (!now) return Invalid();
        SLUICE_RETURN_IF_ERROR(writes::DeleteRecord(scope, *now));
        const Status verified =
            VerifyAddress(scope, subject, sent_to, login->options().mfa_enabled);
        if (!verified.ok())
          parts.log.Failure(observe::LogLevel::kWarn, "verify an address", verified, "");
        return absl::OkStatus();
      },
      [&parts, login](const Status& status) {
        if (!status.ok()) return parts.Answer(*login->call, status);
        parts.Resume(login->call, [login](ServerParts& resumed, const CallPtr& call) {
          const Status reloaded = ReloadRecord(*login);
          if (!reloaded.ok()) return resumed.Answer(*call, reloaded);
          FinishLogin(resumed, login);
        });
      });
}

}  // namespace

Status RequestOtp(ServerParts& parts, const CallPtr& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          AuthCollectionInPath(parts, *call, {"requestOTP"}));
  const store::AuthOptions& options = call->snapshot->AuthOptionsOf(*collection);
  SLUICE_RETURN_IF_ERROR(CheckEnabled(options));
  SLUICE_ASSIGN_OR_RETURN(const std::string email, ReadEmail(*call, "email"));
  auto request = std::make_shared<OtpRequest>();
  request->call = call;
  request->id = NewId();
  request->duration = options.otp_duration;
  SLUICE_ASSIGN_OR_RETURN(const std::optional<writes::Record> record,
                          login::FindByEmail(*call->connection, *collection, email));
  const std::string code = auth::RandomText(
      static_cast<std::size_t>(std::max<std::int64_t>(options.otp_length, 1)), "0123456789");
  request->subject = {collection->id, request->id};
  if (record) {
    request->known = true;
    request->subject = Subject::Of(*record);
    request->to = record->Get("email").text;
    request->mail = login::MakeMail(login::MailKind::kOtp, call->snapshot->settings, options,
                                    *record, {{"OTP", code}, {"OTP_ID", request->id}}, request->to);
  }
  return OnHashThread(parts, call, [&parts, request, code] {
    StatusOr<std::string> hash = auth::HashPassword(code, kOtpCost);
    if (!hash.ok()) return parts.Answer(*request->call, hash.status());
    request->hash = *std::move(hash);
    StoreCode(parts, request);
  });
}

Status WithOtp(ServerParts& parts, const CallPtr& call) {
  auto login = std::make_shared<Login>();
  login->call = call;
  login->method = "otp";
  SLUICE_ASSIGN_OR_RETURN(login->collection,
                          AuthCollectionInPath(parts, *call, {"authWithOTP", "auth"}));
  SLUICE_RETURN_IF_ERROR(CheckEnabled(login->options()));
  SLUICE_ASSIGN_OR_RETURN(const OtpForm form, ReadOtpForm(*call));
  SLUICE_ASSIGN_OR_RETURN(const writes::Record row, FindOtp(*login, form.id));
  SLUICE_RETURN_IF_ERROR(LimitAttempts(parts, *call, Subject::Of(login->record)));
  return OnHashThread(parts, call, [&parts, login, row, password = form.password] {
    if (!auth::VerifyPassword(password, row.Get("password").text))
      return parts.Answer(*login->call, Invalid());
    UseCode(parts, login, row);
  });
}

}  // namespace sluice::api
