// Tested by tests/server/login_sessions_test.cc and tests/conformance (`auth`).
#include "tools/server/login/sessions.h"

#include <algorithm>
#include <chrono>

#include "tools/server/fields/apply.h"
#include "tools/server/http/api_error.h"
#include "tools/server/store/system_tables.h"

namespace sluice::login {
namespace {

using writes::Record;

constexpr std::size_t kOpenOtpsMax = 10;
constexpr std::size_t kOriginsMax = 5;

StatusOr<const Collection*> Table(const Schema& schema, std::string_view name) {
  const Collection* collection = schema.Find(name);
  if (collection == nullptr)
    return absl::InternalError("the collection " + std::string(name) + " is missing");
  return collection;
}

StatusOr<std::vector<Record>> RowsOf(store::Connection& connection, const Collection& table,
                                     const Subject& subject) {
  return writes::FindRecordsBy(
      connection, table,
      {{"collectionRef", subject.collection_id}, {"recordRef", subject.record_id}});
}

Record NewRow(const Collection& table, const Subject& subject) {
  Record row = writes::NewRecord(table);
  row.Get("collectionRef").text = subject.collection_id;
  row.Get("recordRef").text = subject.record_id;
  return row;
}

const std::string& CreatedOf(const Record& row) { return row.Get("created").text; }

Status Refusal(std::string message) {
  return http::MakeStatus({.status = 400, .message = std::move(message)});
}

}  // namespace

bool Subject::IsOf(const Record& row) const {
  return row.Get("collectionRef").text == collection_id && row.Get("recordRef").text == record_id;
}

bool IsExpired(std::string_view created, std::int64_t duration, std::int64_t now_millis) {
  // Dates in their normal form sort as texts.
  const std::chrono::system_clock::time_point oldest{
      std::chrono::milliseconds(now_millis - duration * 1000)};
  return created < store::StoredTime(oldest);
}

StatusOr<std::optional<std::string>> FullOtp(store::Connection& connection, const Schema& schema,
                                             const Subject& subject, std::int64_t duration,
                                             std::int64_t now_millis) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* table, Table(schema, "_otps"));
  SLUICE_ASSIGN_OR_RETURN(std::vector<Record> rows, RowsOf(connection, *table, subject));
  std::erase_if(rows,
                [&](const Record& row) { return IsExpired(CreatedOf(row), duration, now_millis); });
  if (rows.size() < kOpenOtpsMax) return std::nullopt;
  const auto newest = std::max_element(
      rows.begin(), rows.end(),
      [](const Record& a, const Record& b) { return CreatedOf(a) < CreatedOf(b); });
  return newest->id();
}

Status InsertOtp(writes::Scope& scope, const Subject& subject, const std::string& id,
                 const std::string& password_hash) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* table, Table(scope.schema(), "_otps"));
  Record row = NewRow(*table, subject);
  row.Get("id").text = id;
  row.Get("password").text = password_hash;
  return writes::SaveRecord(scope, row);
}

Status SettleOtp(writes::Scope& scope, std::string_view id, const std::string& sent_to, bool sent) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* table, Table(scope.schema(), "_otps"));
  SLUICE_ASSIGN_OR_RETURN(std::optional<Record> row,
                          writes::FindRecord(scope.connection, *table, id));
  if (!row) return absl::OkStatus();
  if (!sent) return writes::DeleteRecord(scope, *row);
  if (!row->Get("sentTo").text.empty()) return absl::OkStatus();
  row->Get("sentTo").text = sent_to;
  return writes::SaveRecord(scope, *row);
}

StatusOr<std::string> InsertMfa(writes::Scope& scope, const Subject& subject,
                                std::string_view method) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* table, Table(scope.schema(), "_mfas"));
  Record row = NewRow(*table, subject);
  row.Get("method").text = std::string(method);
  fields::Generate(*table, row.values);
  SLUICE_RETURN_IF_ERROR(writes::SaveRecord(scope, row));
  return row.id();
}

Status UseMfa(writes::Scope& scope, std::string_view id, const Subject& subject,
              std::string_view method, std::int64_t duration, std::int64_t now_millis,
              Status& refusal) {
  refusal = absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const Collection* table, Table(scope.schema(), "_mfas"));
  SLUICE_ASSIGN_OR_RETURN(const std::optional<Record> row,
                          writes::FindRecord(scope.connection, *table, id));
  const bool expired = row && IsExpired(CreatedOf(*row), duration, now_millis);
  if (!row || expired) {
    refusal = Refusal("Invalid or expired MFA session.");
    return expired ? writes::DeleteRecord(scope, *row) : absl::OkStatus();
  }
  if (!subject.IsOf(*row)) {
    refusal = Refusal("Invalid MFA session.");
    return absl::OkStatus();
  }
  if (row->Get("method").text == method) {
    refusal = Refusal("A different authentication method is required.");
    return absl::OkStatus();
  }
  return writes::DeleteRecord(scope, *row);
}

StatusOr<OriginKind> FindOrigin(store::Connection& connection, const Schema& schema,
                                const Subject& subject, std::string_view fingerprint) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* table, Table(schema, "_authOrigins"));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<Record> rows, RowsOf(connection, *table, subject));
  if (rows.empty()) return OriginKind::kFirst;
  const bool known = std::any_of(rows.begin(), rows.end(), [fingerprint](const Record& row) {
    return row.Get("fingerprint").text == fingerprint;
  });
  return known ? OriginKind::kKnown : OriginKind::kNew;
}

Status KeepOrigin(writes::Scope& scope, const Subject& subject, const std::string& fingerprint) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* table, Table(scope.schema(), "_authOrigins"));
  SLUICE_ASSIGN_OR_RETURN(std::vector<Record> rows, RowsOf(scope.connection, *table, subject));
  for (Record& row : rows) {
    if (row.Get("fingerprint").text == fingerprint) return writes::SaveRecord(scope, row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Record& a, const Record& b) { return CreatedOf(a) < CreatedOf(b); });
  for (std::size_t i = 0; rows.size() - i >= kOriginsMax; ++i)
    SLUICE_RETURN_IF_ERROR(writes::DeleteRecord(scope, rows[i]));
  Record row = NewRow(*table, subject);
  row.Get("fingerprint").text = fingerprint;
  fields::Generate(*table, row.values);
  return writes::SaveRecord(scope, row);
}

Status DeleteExpired(writes::Scope& scope, Expiring which, std::int64_t now_millis) {
  const bool otps = which == Expiring::kOtps;
  SLUICE_ASSIGN_OR_RETURN(const Collection* table, Table(scope.schema(), otps ? "_otps" : "_mfas"));
  for (const auto& collection : scope.schema().collections()) {
    if (!collection->is_auth()) continue;
    const store::AuthOptions& options = scope.snapshot->AuthOptionsOf(*collection);
    const std::int64_t duration = otps ? options.otp_duration : options.mfa_duration;
    SLUICE_ASSIGN_OR_RETURN(
        const std::vector<Record> rows,
        writes::FindRecordsBy(scope.connection, *table, {{"collectionRef", collection->id}}));
    for (const Record& row : rows) {
      if (IsExpired(CreatedOf(row), duration, now_millis))
        SLUICE_RETURN_IF_ERROR(writes::DeleteRecord(scope, row));
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::login
