// Tested by tests/conformance (`records`, `batch`).
#include "tools/server/writes/prepare.h"

#include "tools/server/auth/password_hash.h"
#include "tools/server/auth/random_password.h"
#include "tools/server/auth/random_text.h"
#include "tools/server/writes/auth_form.h"
#include "tools/server/writes/failures.h"
#include "tools/server/writes/rules.h"
#include "tools/server/writes/save.h"

namespace sluice::writes {
namespace {

Status Missing() { return http::MakeStatus({.status = 404}); }

bool CannotBeExported(const Record& record) {
  for (const fields::FieldValue& value : record.values) {
    if (value.hash_failed) return true;
  }
  return false;
}

// Whether the manage rule lets the caller do what only managers may.
template <typename Ask>
StatusOr<bool> IsManager(const records::Caller& caller, const Collection& collection,
                         const Ask& ask) {
  if (caller.superuser) return true;
  if (!collection.is_auth() || caller.request.auth == nullptr) return false;
  const store::ParsedRule& rule = caller.snapshot.RulesOf(collection).manage;
  if (rule.locked || rule.open()) return false;
  return ask(rule);
}

// What the form of passwords sees.
fields::Submission FormOf(const WriteInput& input) {
  if (!input.random_password) return {.values = input.submission.values};
  fields::Submission form;
  const JsonValue any = JsonValue::String(auth::RandomText(30));
  form.values.members = {{"password", any}, {"passwordConfirm", any}};
  return form;
}

}  // namespace

fields::Applied LaySubmission(Record& record, const WriteInput& input) {
  fields::ApplyOptions options;
  options.superuser = input.caller.superuser;
  options.hash_password = [&input](std::string_view plain, int cost) {
    return input.passwords.Hash(plain, cost);
  };
  return fields::Apply(input.collection, input.submission, options, record.values);
}

RecordColumns VirtualRow(const Record& record) {
  RecordColumns columns(record);
  if (record.id().empty())
    columns.Set("id", Value::Text("__temp_id__" + auth::RandomText(15, auth::kIdAlphabet)));
  if (record.collection->is_auth()) columns.Set("verified", Value::Bool(false));
  return columns;
}

Status RequireRule(const records::Caller& caller, const store::ParsedRule& rule) {
  if (caller.superuser || !rule.locked) return absl::OkStatus();
  return http::MakeStatus({.status = 403, .message = "Only superusers can perform this action."});
}

StatusOr<Record> PrepareCreate(const WriteInput& input) {
  const Collection& collection = input.collection;
  const store::CollectionRules& rules = input.caller.snapshot.RulesOf(collection);
  SLUICE_RETURN_IF_ERROR(RequireRule(input.caller, rules.create));
  Record record = NewRecord(collection);
  fields::Applied applied = LaySubmission(record, input);
  RequestContext request = input.caller.request;
  request.body = std::move(applied.body);
  const records::Caller caller{input.caller.snapshot, input.caller.connection, request,
                               input.caller.superuser};
  if (!caller.superuser) {
    if (CannotBeExported(record)) return SaveFailure(true);
    SLUICE_ASSIGN_OR_RETURN(const bool allowed,
                            HoldsOnNew(caller, rules.create, VirtualRow(record), collection));
    if (!allowed) return SaveFailure(true);
  }
  if (collection.is_auth()) {
    SLUICE_ASSIGN_OR_RETURN(const bool manager,
                            IsManager(caller, collection, [&](const store::ParsedRule& rule) {
                              return HoldsOnNew(caller, rule, VirtualRow(record), collection);
                            }));
    if (input.random_password)
      record.Get("password").text = auth::RandomPasswordHash(auth::kPasswordCostDefault);
    SLUICE_RETURN_IF_ERROR(CheckAuthForm(record, FormOf(input), manager, input.passwords));
  }
  if (input.new_id != nullptr && record.id().empty()) record.Get("id").text = *input.new_id;
  fields::Generate(collection, record.values);
  if (input.new_id != nullptr) *input.new_id = record.id();
  if (collection.name == "_superusers") record.Get("verified").boolean = true;
  SLUICE_RETURN_IF_ERROR(CheckRecord(caller.snapshot, caller.connection, record));
  return record;
}

StatusOr<Record> PrepareUpdate(const WriteInput& input, std::string_view id) {
  const Collection& collection = input.collection;
  const store::CollectionRules& rules = input.caller.snapshot.RulesOf(collection);
  SLUICE_RETURN_IF_ERROR(RequireRule(input.caller, rules.update));
  SLUICE_ASSIGN_OR_RETURN(std::optional<Record> found,
                          FindRecord(input.caller.connection, collection, id));
  if (!found) return Missing();
  Record& record = *found;
  fields::Applied applied = LaySubmission(record, input);
  RequestContext request = input.caller.request;
  request.body = std::move(applied.body);
  const records::Caller caller{input.caller.snapshot, input.caller.connection, request,
                               input.caller.superuser};
  // The rule is asked of the row before any change.
  Record stored = record;
  stored.values = record.before;
  if (!caller.superuser) {
    SLUICE_ASSIGN_OR_RETURN(const bool allowed, HoldsOnStored(caller, rules.update, stored));
    if (!allowed) return Missing();
  }
  if (collection.is_auth()) {
    SLUICE_ASSIGN_OR_RETURN(const bool manager,
                            IsManager(caller, collection, [&](const store::ParsedRule& rule) {
                              return HoldsOnStored(caller, rule, stored);
                            }));
    SLUICE_RETURN_IF_ERROR(CheckAuthForm(record, input.submission, manager, input.passwords));
  }
  SLUICE_RETURN_IF_ERROR(CheckRecord(caller.snapshot, caller.connection, record));
  return std::move(record);
}

StatusOr<Record> PrepareDelete(const records::Caller& caller, const Collection& collection,
                               std::string_view id) {
  const store::CollectionRules& rules = caller.snapshot.RulesOf(collection);
  SLUICE_RETURN_IF_ERROR(RequireRule(caller, rules.del));
  SLUICE_ASSIGN_OR_RETURN(std::optional<Record> record,
                          FindRecord(caller.connection, collection, id));
  if (!record) return Missing();
  if (!caller.superuser) {
    SLUICE_ASSIGN_OR_RETURN(const bool allowed, HoldsOnStored(caller, rules.del, *record));
    if (!allowed) return Missing();
  }
  return *std::move(record);
}

}  // namespace sluice::writes
