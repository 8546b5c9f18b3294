// Tested by tests/conformance (`collections`).
#include "tools/server/collections/changer.h"

#include <algorithm>
#include <chrono>

#include "sluice/view_fields.h"
#include "tools/server/collections/validate.h"
#include "tools/server/collections/view_query.h"
#include "tools/server/http/json_text.h"
#include "tools/server/store/system_tables.h"

namespace sluice::collections {
namespace {

std::string Now() { return store::StoredTime(std::chrono::system_clock::now()); }

StatusOr<std::vector<boost::json::object>> FieldObjects(const std::vector<Field>& fields) {
  std::vector<boost::json::object> objects;
  for (const Field& field : fields) {
    SLUICE_ASSIGN_OR_RETURN(boost::json::object object, FieldObject(field));
    objects.push_back(std::move(object));
  }
  return objects;
}

}  // namespace

StatusOr<boost::json::object> FieldObject(const Field& field) {
  SLUICE_ASSIGN_OR_RETURN(boost::json::value value,
                          http::ParseJson(field.options_json, http::JsonTail::kMustBeBlank));
  if (!value.is_object()) return absl::InternalError("the options of a field are no object");
  return std::move(value.get_object());
}

Changer::Changer(store::Connection& connection, const Schema& schema)
    : connection_(connection), schema_(schema.collections()) {}

void Changer::Put(std::shared_ptr<const Collection> collection) {
  std::vector<std::shared_ptr<const Collection>> collections = schema_.collections();
  const auto same = std::find_if(collections.begin(), collections.end(),
                                 [&](const auto& other) { return other->id == collection->id; });
  if (same != collections.end()) {
    *same = std::move(collection);
  } else {
    collections.push_back(std::move(collection));
  }
  schema_ = Schema(std::move(collections));
}

Status Changer::Prepare(Draft& draft, const Draft* before) {
  const auto taken = [this](const std::string& id) { return schema_.FindById(id) != nullptr; };
  std::string index_id = draft.id;
  if (before == nullptr) {
    index_id = AutoId(draft, taken);
    if (draft.id.empty()) draft.id = index_id;
    // Indexes that came with the request take the place of those that carry the
    // automatic id; what they lack is made for the real one.
    if (draft.indexes_given) index_id = draft.id;
    draft.created = Now();
  }
  draft.updated = Now();
  Complete(draft, before, index_id);
  if (draft.is_view()) {
    const auto fields = ReadViewFields(connection_, draft.view_query, schema_);
    draft.fields.clear();
    // A query that fails is the validation's to report.
    if (fields.ok()) {
      SLUICE_ASSIGN_OR_RETURN(draft.fields, FieldObjects(*fields));
    }
  }
  SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<const Collection> collection,
                          store::MakeCollection(RowOf(draft)));
  // A new collection with the id of another must not take its place.
  if (before == nullptr && taken(draft.id)) {
    std::vector<std::shared_ptr<const Collection>> collections = schema_.collections();
    collections.push_back(std::move(collection));
    schema_ = Schema(std::move(collections));
  } else {
    Put(std::move(collection));
  }
  return absl::OkStatus();
}

FieldErrors Changer::Check(const Draft& draft, const Draft* before, bool saved) const {
  const auto& collections = schema_.collections();
  const auto own = std::find_if(collections.rbegin(), collections.rend(),
                                [&draft](const auto& other) { return other->id == draft.id; });
  return Validate({draft, before, **own, schema_, connection_, saved});
}

store::TableResult Changer::Save(const Draft& draft, const Draft* before) {
  const Collection& after = *schema_.FindById(draft.id);
  const store::CollectionRow row = RowOf(draft);
  if (before == nullptr) {
    if (Status status = store::InsertCollectionRow(connection_, row); !status.ok())
      return {std::move(status)};
    if (draft.is_view())
      return {
          store::ReplaceView(connection_, "", draft.name, NormalizeViewQuery(draft.view_query))};
    return store::CreateTables(connection_, after);
  }
  if (Status status = store::UpdateCollectionRow(connection_, row); !status.ok())
    return {std::move(status)};
  if (before->name != draft.name) {
    if (Status status = store::RenameRateLimits(connection_, before->name, draft.name);
        !status.ok())
      return {std::move(status)};
  }
  if (draft.is_view())
    return {store::ReplaceView(connection_, before->name, draft.name,
                               NormalizeViewQuery(draft.view_query))};
  const auto old = store::MakeCollection(RowOf(*before));
  if (!old.ok()) return {old.status()};
  return store::ChangeTables(connection_, **old, after);
}

void Changer::UpdateViews() {
  // Views may read from views: as many rounds as there are views will do.
  const std::size_t rounds = schema_.collections().size();
  bool changed = true;
  for (std::size_t round = 0; changed && round < rounds; ++round) {
    changed = false;
    const std::vector<std::shared_ptr<const Collection>> collections = schema_.collections();
    for (const auto& view : collections) {
      if (!view->is_view()) continue;
      const auto fields = ReadViewFields(connection_, view->view_query, schema_);
      if (!fields.ok() || SameViewFields(*fields, view->fields)) continue;
      if (!store::Begin(connection_, "view").ok()) return;
      const bool saved = SaveView(*view, *fields).ok();
      if (!store::End(connection_, "view", saved).ok()) return;
      changed = changed || saved;
    }
  }
}

Status Changer::SaveView(const Collection& view, const std::vector<Field>& fields) {
  SLUICE_ASSIGN_OR_RETURN(Draft draft, DraftOf(view));
  SLUICE_ASSIGN_OR_RETURN(draft.fields, FieldObjects(fields));
  draft.updated = Now();
  const store::CollectionRow row = RowOf(draft);
  SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<const Collection> collection, store::MakeCollection(row));
  SLUICE_RETURN_IF_ERROR(store::UpdateCollectionRow(connection_, row));
  SLUICE_RETURN_IF_ERROR(
      store::ReplaceView(connection_, view.name, view.name, NormalizeViewQuery(view.view_query)));
  Put(std::move(collection));
  return absl::OkStatus();
}

Status Changer::Delete(const Collection& collection) {
  const std::string id = collection.id;
  SLUICE_RETURN_IF_ERROR(store::DropTables(connection_, collection));
  if (collection.is_auth()) SLUICE_RETURN_IF_ERROR(store::DeleteAuthRows(connection_, id));
  SLUICE_RETURN_IF_ERROR(store::DeleteCollectionRow(connection_, id));
  std::vector<std::shared_ptr<const Collection>> collections = schema_.collections();
  std::erase_if(collections, [&id](const auto& other) { return other->id == id; });
  schema_ = Schema(std::move(collections));
  return absl::OkStatus();
}

}  // namespace sluice::collections
