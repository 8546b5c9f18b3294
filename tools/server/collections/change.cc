// Import is in import.cc. Tested by tests/conformance (`collections`) and
// tests/server/collections_change_test.cc.
#include "tools/server/collections/change.h"

#include <algorithm>
#include <set>

#include "tools/server/collections/body.h"
#include "tools/server/collections/changer.h"
#include "tools/server/collections/collection_json.h"
#include "tools/server/collections/run_change.h"
#include "tools/server/http/api_error.h"
#include "tools/server/records/list.h"

namespace sluice::collections {
namespace {

Status BadRequest(std::string message) {
  return http::MakeStatus({.status = 400, .message = std::move(message)});
}

// What a client is told about a failed save; `doing` is `create` or `update`.
Status SaveFailure(const store::TableResult& result, const Draft& draft, const std::string& doing) {
  if (!absl::IsFailedPrecondition(result.status) && !absl::IsInvalidArgument(result.status))
    return result.status;
  const std::string failed = "Failed to " + doing + " collection.";
  if (result.failed_index >= 0) return IndexFailure(result, draft, failed);
  return BadRequest(failed + " Raw error: \n" + std::string(AsStd(result.status.message())));
}

// Checks and writes a draft that was decoded.
Status CheckAndSave(Changer& changer, Draft& draft, const Draft* before) {
  const std::string doing = before == nullptr ? "create" : "update";
  SLUICE_RETURN_IF_ERROR(changer.Prepare(draft, before));
  FieldErrors errors = changer.Check(draft, before, false);
  if (!errors.empty())
    return http::MakeStatus(
        {.status = 400, .message = "Failed to " + doing + " collection.", .data = errors.Take()});
  const store::TableResult result = changer.Save(draft, before);
  if (!result.status.ok()) return SaveFailure(result, draft, doing);
  changer.UpdateViews();
  return absl::OkStatus();
}

StatusOr<std::string> Shown(const Workplace& place, const std::string& id,
                            std::string_view fields) {
  const std::shared_ptr<const store::Snapshot> snapshot = place.catalog.current();
  const Collection* collection = snapshot->schema->FindById(id);
  if (collection == nullptr) return absl::InternalError("the collection that was saved is gone");
  std::string body;
  AppendCollection(body, *collection);
  body += '\n';
  return records::Picked(std::move(body), fields, false);
}

// S-54: nobody may point to the collection, and no view may break.
Status CheckReferences(const Schema& schema, const Collection& collection) {
  std::string names;
  for (const auto& other : schema.collections()) {
    if (other.get() == &collection) continue;
    const bool refers =
        std::any_of(other->fields.begin(), other->fields.end(), [&collection](const Field& field) {
          return field.type == FieldType::kRelation && field.collection_id == collection.id;
        });
    if (refers) names += (names.empty() ? "" : ", ") + other->name;
  }
  if (names.empty()) return absl::OkStatus();
  return BadRequest("Failed to delete collection probably due to existing reference in " + names);
}

std::set<std::string> WorkingViews(store::Connection& connection, const Schema& schema) {
  std::set<std::string> names;
  for (const auto& view : schema.collections()) {
    if (view->is_view() && store::CheckView(connection, view->name).ok()) names.insert(view->name);
  }
  return names;
}

}  // namespace

StatusOr<std::string> CreateCollection(const Workplace& place, const http::Request& request,
                                       std::string_view fields) {
  const auto type_failure = [] {
    return BadRequest("Failed to load the collection type data due to invalid formatting.");
  };
  const StatusOr<Body> body = ReadTypedBody(request);
  if (!body.ok()) return type_failure();
  const Shape head{.kind = ShapeKind::kObject, .keys = {"type", "name"}, .members = {{}, {}}};
  boost::json::value read = ZeroValue(head);
  if (!MergeTyped(read, body->values, head, body->kind)) return type_failure();
  const std::string type = Text(read.get_object(), "type");
  Draft draft = NewDraft(type.empty() ? "base" : type);
  if (!Decode(draft, body->values, body->kind))
    return BadRequest("Failed to load the submitted data due to invalid formatting.");
  SLUICE_RETURN_IF_ERROR(
      RunChange(place, [&draft](store::Connection& connection, const Schema& schema) {
        Changer changer(connection, schema);
        return CheckAndSave(changer, draft, nullptr);
      }));
  return Shown(place, draft.id, fields);
}

StatusOr<std::string> UpdateCollection(const Workplace& place, std::string_view id_or_name,
                                       const http::Request& request, std::string_view fields) {
  const StatusOr<Body> body = ReadTypedBody(request);
  std::string id;
  SLUICE_RETURN_IF_ERROR(
      RunChange(place, [&](store::Connection& connection, const Schema& schema) -> Status {
        const Collection* collection = schema.Find(id_or_name);
        if (collection == nullptr) return http::MakeStatus({.status = 404});
        id = collection->id;
        SLUICE_ASSIGN_OR_RETURN(const Draft before, DraftOf(*collection));
        Draft draft = before;
        if (!body.ok() || !Decode(draft, body->values, body->kind)) {
          return BadRequest("Failed to load the submitted data due to invalid formatting.");
        }
        if (draft.id != before.id) return http::MakeStatus({.status = 404});
        Changer changer(connection, schema);
        return CheckAndSave(changer, draft, &before);
      }));
  return Shown(place, id, fields);
}

StatusOr<std::string> DeleteCollection(const Workplace& place, std::string_view id_or_name) {
  std::string id_with_files;
  SLUICE_RETURN_IF_ERROR(
      RunChange(place, [&](store::Connection& connection, const Schema& schema) -> Status {
        const Collection* collection = schema.Find(id_or_name);
        if (collection == nullptr) return http::MakeStatus({.status = 404});
        if (collection->system) return BadRequest("Failed to delete collection.");
        SLUICE_RETURN_IF_ERROR(CheckReferences(schema, *collection));
        const std::set<std::string> working = WorkingViews(connection, schema);
        Changer changer(connection, schema);
        const Status deleted = changer.Delete(*collection);
        if (absl::IsFailedPrecondition(deleted)) return BadRequest("Failed to delete collection.");
        SLUICE_RETURN_IF_ERROR(deleted);
        for (const std::string& view : working) {
          if (view != collection->name && !store::CheckView(connection, view).ok())
            return BadRequest("Failed to delete collection.");
        }
        const auto is_file = [](const Field& field) { return field.type == FieldType::kFile; };
        if (std::any_of(collection->fields.begin(), collection->fields.end(), is_file))
          id_with_files = collection->id;
        return absl::OkStatus();
      }));
  return id_with_files;
}

}  // namespace sluice::collections
