// The rows behind logins that are not over yet, or were made: `_otps`, `_mfas`
// and `_authOrigins`. Everything that takes a Scope runs inside of a
// write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/status.h"
#include "tools/server/store/snapshot.h"
#include "tools/server/writes/record.h"
#include "tools/server/writes/save.h"

namespace sluice::login {

// Which record a row is about.
struct Subject {
  std::string collection_id;
  std::string record_id;

  static Subject Of(const writes::Record& record) { return {record.collection->id, record.id()}; }
  bool IsOf(const writes::Record& row) const;
};

// Whether a row made at `created` is older than `duration` seconds.
bool IsExpired(std::string_view created, std::int64_t duration, std::int64_t now_millis);

// One-time passwords.

// The id of the newest open row when the subject has ten of them.
StatusOr<std::optional<std::string>> FullOtp(store::Connection& connection, const Schema& schema,
                                             const Subject& subject, std::int64_t duration,
                                             std::int64_t now_millis);
// Stores a row with that id and password hash.
Status InsertOtp(writes::Scope& scope, const Subject& subject, const std::string& id,
                 const std::string& password_hash);
// What becomes of the row once its mail was sent, or was not. Fine when
// the row is gone.
Status SettleOtp(writes::Scope& scope, std::string_view id, const std::string& sent_to, bool sent);

// MFA sessions.

StatusOr<std::string> InsertMfa(writes::Scope& scope, const Subject& subject,
                                std::string_view method);
// Uses the session up; what is wrong with it is in `refusal`, to be answered
// after the commit, as an expired row goes nevertheless.
Status UseMfa(writes::Scope& scope, std::string_view id, const Subject& subject,
              std::string_view method, std::int64_t duration, std::int64_t now_millis,
              Status& refusal);

// Login origins.

// What is known of a place that somebody logged in from.
enum class OriginKind : std::uint8_t { kFirst, kKnown, kNew };
StatusOr<OriginKind> FindOrigin(store::Connection& connection, const Schema& schema,
                                const Subject& subject, std::string_view fingerprint);
// Stores the origin, or touches it; the oldest go when there are five.
Status KeepOrigin(writes::Scope& scope, const Subject& subject, const std::string& fingerprint);

// Housekeeping: rows of `_otps` and `_mfas` that are older than their
// collection's duration.
enum class Expiring : std::uint8_t { kOtps, kMfas };
Status DeleteExpired(writes::Scope& scope, Expiring which, std::int64_t now_millis);

}  // namespace sluice::login
