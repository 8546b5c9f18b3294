#include "tools/server/writes/side_effects.h"

#include "tools/server/fields/apply.h"
#include "tools/server/store/superusers.h"
#include "tools/server/writes/statements.h"

namespace sluice::writes {
namespace {

constexpr std::string_view kSuperusers = "_superusers";
constexpr std::string_view kInstallerEmail = "__pbinstaller@example.com";

Status DeleteRowsOf(Scope& scope, std::string_view system_collection, const Record& record) {
  const Collection* collection = scope.schema().Find(system_collection);
  if (collection == nullptr) return absl::OkStatus();
  const RowStatement remove = DeleteWhere(*collection, {"collectionRef", "recordRef"}, Sqlite());
  if (remove.text.empty()) return absl::OkStatus();
  return Run(scope.connection, remove.text,
             {ValueView::Text(record.collection->id), ValueView::Text(record.id())});
}

StatusOr<bool> HasExternalAuths(Scope& scope, const Record& record) {
  const Collection* collection = scope.schema().Find("_externalAuths");
  if (collection == nullptr) return false;
  SLUICE_ASSIGN_OR_RETURN(const auto found, FindRecordBy(scope.connection, *collection,
                                                         {{"collectionRef", record.collection->id},
                                                          {"recordRef", record.id()}}));
  return found.has_value();
}

bool PasswordChanged(const Record& record) {
  const fields::FieldValue& password = record.Get("password");
  return password.has_plain && !password.plain.empty();
}

bool BecameVerified(const Record& record) {
  return !record.is_new() && record.Get("verified").boolean && !record.Before("verified").boolean;
}

bool KeyChanged(const Record& record) {
  return record.Get("tokenKey").text != record.Before("tokenKey").text;
}

void RenewKey(Record& record) {
  const Field* field = record.collection->FindField("tokenKey");
  if (field != nullptr) record.Get("tokenKey").text = fields::GenerateText(*field);
}

}  // namespace

Status BeforeAuthSave(Scope& scope, Record& record) {
  if (record.collection->name == kSuperusers) record.Get("verified").boolean = true;
  if (record.is_new() || KeyChanged(record)) return absl::OkStatus();
  if (PasswordChanged(record) || record.Get("email").text != record.Before("email").text) {
    RenewKey(record);
    return absl::OkStatus();
  }
  if (!BecameVerified(record)) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const bool linked, HasExternalAuths(scope, record));
  if (linked) RenewKey(record);
  return absl::OkStatus();
}

Status AfterAuthSave(Scope& scope, const Record& record) {
  if (record.is_new()) {
    if (record.collection->name != kSuperusers || record.Get("email").text == kInstallerEmail)
      return absl::OkStatus();
    const RowStatement remove = DeleteWhere(*record.collection, {"email"}, Sqlite());
    return Run(scope.connection, remove.text, {ValueView::Text(kInstallerEmail)});
  }
  if (PasswordChanged(record)) {
    SLUICE_RETURN_IF_ERROR(DeleteRowsOf(scope, "_mfas", record));
    SLUICE_RETURN_IF_ERROR(DeleteRowsOf(scope, "_authOrigins", record));
  }
  if (KeyChanged(record)) SLUICE_RETURN_IF_ERROR(DeleteRowsOf(scope, "_otps", record));
  if (BecameVerified(record)) SLUICE_RETURN_IF_ERROR(DeleteRowsOf(scope, "_externalAuths", record));
  return absl::OkStatus();
}

Status DeleteDependents(Scope& scope, const Record& record) {
  for (const std::string_view name : {"_mfas", "_otps", "_externalAuths", "_authOrigins"})
    SLUICE_RETURN_IF_ERROR(DeleteRowsOf(scope, name, record));
  return absl::OkStatus();
}

}  // namespace sluice::writes
