// Tested by tests/server/superuser_test.cc.
#include "tools/server/store/superusers.h"

#include <initializer_list>
#include <string_view>

namespace sluice::store {
namespace {

constexpr char kInstaller[] = "__pbinstaller@example.com";

Status Run(Connection& connection, const std::string& text,
           std::initializer_list<std::string_view> values) {
  SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare(text));
  const StatementUse use(statement);
  int number = 0;
  for (const std::string_view value : values) use->Bind(++number, ValueView::Text(value));
  return use->Step().status();
}

Status DeleteRowsAbout(Connection& connection, const std::string& id,
                       std::initializer_list<const char*> tables) {
  for (const char* table : tables) {
    // A folder may lack one of them.
    const Status status =
        Run(connection, std::string("DELETE FROM ") + table + " WHERE recordRef = ?1", {id});
    if (!status.ok() && !absl::IsFailedPrecondition(status)) return status;
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::optional<SuperuserRow>> FindSuperuser(Connection& connection,
                                                    const std::string& email) {
  SLUICE_ASSIGN_OR_RETURN(
      Statement * statement,
      connection.Prepare("SELECT id, email, password, tokenKey FROM _superusers WHERE email = ?1"));
  const StatementUse use(statement);
  use->Bind(1, ValueView::Text(email));
  SLUICE_ASSIGN_OR_RETURN(const bool found, use->Step());
  if (!found) return std::optional<SuperuserRow>();
  const auto text = [&use](int column) { return std::string(use->Column(column).text); };
  return std::optional(SuperuserRow{text(0), text(1), text(2), text(3)});
}

StatusOr<std::int64_t> CountOtherSuperusers(Connection& connection, const std::string& id) {
  SLUICE_ASSIGN_OR_RETURN(
      Statement * statement,
      connection.Prepare("SELECT count(*) FROM _superusers WHERE id != ?1 AND email != ?2"));
  const StatementUse use(statement);
  use->Bind(1, ValueView::Text(id));
  use->Bind(2, ValueView::Text(kInstaller));
  SLUICE_RETURN_IF_ERROR(use->Step().status());
  return use->Column(0).integer;
}

Status InsertSuperuser(Connection& connection, const SuperuserRow& row, const std::string& now) {
  SLUICE_RETURN_IF_ERROR(Run(connection,
                             "INSERT INTO _superusers (id, email, password, tokenKey, "
                             "emailVisibility, verified, created, updated) "
                             "VALUES (?1, ?2, ?3, ?4, FALSE, TRUE, ?5, ?5)",
                             {row.id, row.email, row.password, row.token_key, now}));
  if (row.email == kInstaller) return absl::OkStatus();
  return Run(connection, "DELETE FROM _superusers WHERE email = ?1", {kInstaller});
}

Status ChangeSuperuserPassword(Connection& connection, const SuperuserRow& row,
                               const std::string& now) {
  SLUICE_RETURN_IF_ERROR(Run(connection,
                             "UPDATE _superusers SET password = ?2, tokenKey = ?3, verified = "
                             "TRUE, updated = ?4 WHERE id = ?1",
                             {row.id, row.password, row.token_key, now}));
  return DeleteRowsAbout(connection, row.id, {"_otps", "_mfas", "_authOrigins"});
}

Status DeleteSuperuser(Connection& connection, const std::string& id) {
  SLUICE_RETURN_IF_ERROR(Run(connection, "DELETE FROM _superusers WHERE id = ?1", {id}));
  return DeleteRowsAbout(connection, id, {"_otps", "_mfas", "_authOrigins", "_externalAuths"});
}

Status InsertOtp(Connection& connection, const OtpRow& row, const std::string& now) {
  return Run(connection,
             "INSERT INTO _otps (id, collectionRef, recordRef, password, sentTo, created, updated) "
             "VALUES (?1, ?2, ?3, ?4, '', ?5, ?5)",
             {row.id, row.collection_id, row.record_id, row.password, now});
}

}  // namespace sluice::store
