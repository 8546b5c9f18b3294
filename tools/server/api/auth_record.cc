// Tested by tests/conformance (`auth`).
#include "tools/server/api/auth_record.h"

#include "tools/server/auth/password_hash.h"
#include "tools/server/auth/random_password.h"
#include "tools/server/auth/random_text.h"
#include "tools/server/http/message.h"
#include "tools/server/login/find.h"

namespace sluice::api {
namespace {

// Nobody notices it at a mail.
constexpr std::chrono::milliseconds kMailDelayMax(200);

constexpr std::size_t kTokenKeySize = 50;

void InvalidToken(login::Mistakes& mistakes) {
  mistakes.Add("token", "validation_invalid_token", "Invalid or expired token.");
}

}  // namespace

StatusOr<std::string> ReadEmail(const Call& call, std::string_view key) {
  SLUICE_ASSIGN_OR_RETURN(const login::Form form, login::Form::Read(call.request));
  SLUICE_ASSIGN_OR_RETURN(std::string email, form.Text(key));
  login::Mistakes mistakes;
  mistakes.Required(key, email);
  mistakes.Length(key, email, 1, 255);
  mistakes.Email(key, email);
  SLUICE_RETURN_IF_ERROR(mistakes.ToStatus());
  return email;
}

void AnswerThenFind(ServerParts& parts, Call& call, const Collection& collection, std::string email,
                    void (*work)(ServerParts&, const AddressOwner&)) {
  const auto failed = [&parts](const Status& status) {
    parts.log.Failure(observe::LogLevel::kWarn, "find an address that a mail is asked for", status,
                      "");
  };
  auto owner = std::make_shared<AddressOwner>();
  owner->snapshot = call.snapshot;
  owner->now_millis = call.context.now;
  parts.Answer(call, http::NoContent());
  const auto find = [&parts, &collection, owner, work, failed,
                     email = std::move(email)](store::Connection& connection) {
    StatusOr<std::optional<writes::Record>> record =
        login::FindByEmail(connection, collection, email);
    if (!record.ok()) return failed(record.status());
    if (!*record) return;
    owner->record = **std::move(record);
    work(parts, *owner);
  };
  const auto submit = [&parts, find, failed] {
    if (!parts.readers->Submit(find)) failed(absl::UnavailableError("too many requests wait"));
  };
  // At any time but now: whoever asks in turn for one that is known and one that is
  // not would see the work for the one in the time of the next answer.
  parts.later.At(Later::Clock::now() + RandomDelay(kMailDelayMax), submit);
}

void SetRandomPassword(writes::Record& record) {
  fields::FieldValue& password = record.Get("password");
  password.text = auth::RandomPasswordHash(auth::kPasswordCostDefault);
  // Marks the password as a new one, for all that hangs on the old one.
  password.has_plain = true;
  password.plain = auth::RandomText(30);
  record.Get("tokenKey").text = auth::RandomText(kTokenKeySize);
}

StatusOr<std::optional<writes::Record>> CheckToken(const Call& call, const Collection& collection,
                                                   const std::string& token, login::TokenKind kind,
                                                   login::Mistakes& mistakes) {
  mistakes.Required("token", token);
  if (mistakes.Has("token")) return std::nullopt;
  SLUICE_ASSIGN_OR_RETURN(
      std::optional<writes::Record> record,
      login::RecordOfToken(*call.snapshot, *call.connection, token, kind, call.context.now));
  if (!record) {
    InvalidToken(mistakes);
    return std::nullopt;
  }
  if (record->collection->id != collection.id) {
    mistakes.Add("token", "validation_token_collection_mismatch",
                 "The provided token is for different auth collection.");
    return std::nullopt;
  }
  return record;
}

StatusOr<writes::Record> CurrentRecord(writes::Scope& scope, const writes::Record& checked) {
  const Collection* collection = scope.schema().FindById(checked.collection->id);
  std::optional<writes::Record> now;
  if (collection != nullptr) {
    SLUICE_ASSIGN_OR_RETURN(now, writes::FindRecord(scope.connection, *collection, checked.id()));
  }
  if (!now || now->Get("tokenKey").text != checked.Get("tokenKey").text) {
    login::Mistakes mistakes;
    InvalidToken(mistakes);
    return mistakes.ToStatus();
  }
  return *std::move(now);
}

std::string ThrottleKey(std::string_view what, const writes::Record& record) {
  return std::string(what) + "\n" + record.collection->id + "\n" + record.id();
}

}  // namespace sluice::api
