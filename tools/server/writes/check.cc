// What must hold of a record before it is stored: fields, ids across auth
// collections, and the system collections' own.
#include "boost/json/array.hpp"

#include "tools/server/collections/providers.h"
#include "tools/server/fields/validate.h"
#include "tools/server/http/json_text.h"
#include "tools/server/store/row_lookups.h"
#include "tools/server/writes/failures.h"
#include "tools/server/writes/save.h"
#include "tools/server/writes/statements.h"

namespace sluice::writes {
namespace {

class DatabaseLookups final : public fields::Lookups {
 public:
  DatabaseLookups(const std::shared_ptr<const Schema>& schema, store::Connection& connection)
      : schema_(schema), connection_(connection) {}

  const Collection* FindCollection(std::string_view id) override { return schema_->FindById(id); }

  StatusOr<bool> HasAll(const Collection& collection,
                        const std::vector<std::string>& ids) override {
    if (ids.size() == 1) return HasId(collection, ids[0]);
    boost::json::array list(ids.begin(), ids.end());
    std::string text;
    http::AppendJsonValue(text, list);
    SLUICE_ASSIGN_OR_RETURN(store::Statement * statement,
                            connection_.Prepare(TextsOf(collection).count_ids.text));
    const store::StatementUse use(statement);
    use->Bind(1, ValueView::Text(text));
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    return row && use->Column(0).integer == static_cast<std::int64_t>(ids.size());
  }

  StatusOr<bool> HasIdIgnoringCase(const Collection& collection, std::string_view id) override {
    return HasRow(TextsOf(collection).has_id_ignoring_case, id);
  }

  StatusOr<bool> HasId(const Collection& collection, std::string_view id) {
    return HasRow(TextsOf(collection).has_id, id);
  }

 private:
  const store::RowLookups& TextsOf(const Collection& collection) const {
    return store::RowLookups::Of(schema_, collection);
  }

  StatusOr<bool> HasRow(const RowStatement& lookup, std::string_view id) {
    SLUICE_ASSIGN_OR_RETURN(store::Statement * statement, connection_.Prepare(lookup.text));
    const store::StatementUse use(statement);
    use->Bind(1, ValueView::Text(id));
    return use->Step();
  }

  const std::shared_ptr<const Schema>& schema_;
  store::Connection& connection_;
};

//
StatusOr<bool> IsFreeAuthId(const Schema& schema, const Record& record, DatabaseLookups& lookups) {
  for (const auto& other : schema.collections()) {
    if (!other->is_auth() || other->id == record.collection->id) continue;
    SLUICE_ASSIGN_OR_RETURN(const bool taken, lookups.HasId(*other, record.id()));
    if (taken) return false;
  }
  return true;
}

bool HasReferences(const Collection& collection) {
  return collection.system &&
         (collection.name == "_mfas" || collection.name == "_otps" ||
          collection.name == "_externalAuths" || collection.name == "_authOrigins");
}

// the first mistake only.
StatusOr<std::vector<http::ErrorEntry>> CheckReferences(const Schema& schema, const Record& record,
                                                        DatabaseLookups& lookups) {
  using Errors = std::vector<http::ErrorEntry>;
  const Collection* target = schema.FindById(record.Get("collectionRef").text);
  if (target == nullptr)
    return Errors{Mistake("collectionRef", "validation_invalid_collection_id",
                          "Missing or invalid collection.")};
  if (!target->is_auth())
    return Errors{Mistake("collectionRef", "validation_invalid_collection_type",
                          "Invalid collection type - must be auth.")};
  SLUICE_ASSIGN_OR_RETURN(const bool found, lookups.HasId(*target, record.Get("recordRef").text));
  if (!found)
    return Errors{Mistake("recordRef", "validation_invalid_record", "Missing or invalid record.")};
  if (record.collection->name == "_externalAuths" &&
      !collections::IsProvider(record.Get("provider").text))
    return Errors{Mistake("provider", "validation_in_invalid", "Must be a valid value.")};
  return Errors{};
}

}  // namespace

Status CheckRecord(const store::Snapshot& snapshot, store::Connection& connection,
                   const Record& record) {
  DatabaseLookups lookups(snapshot.schema, connection);
  const fields::Checked checked{*record.collection, record.values,
                                record.is_new() ? nullptr : &record.before};
  SLUICE_ASSIGN_OR_RETURN(std::vector<http::ErrorEntry> errors, fields::Validate(checked, lookups));
  if (!errors.empty()) return SaveFailure(record.is_new(), std::move(errors));
  if (record.collection->is_auth()) {
    SLUICE_ASSIGN_OR_RETURN(const bool free, IsFreeAuthId(*snapshot.schema, record, lookups));
    if (!free)
      return SaveFailure(record.is_new(), {Mistake("id", "validation_invalid_auth_id",
                                                   "Invalid or duplicated auth record id.")});
  }
  if (HasReferences(*record.collection)) {
    SLUICE_ASSIGN_OR_RETURN(errors, CheckReferences(*snapshot.schema, record, lookups));
    if (!errors.empty()) return SaveFailure(record.is_new(), std::move(errors));
  }
  return absl::OkStatus();
}

}  // namespace sluice::writes
