// S-49 to S-56; superusers only (S-44).
#include "tools/server/api/server_parts.h"
#include "tools/server/collections/change.h"
#include "tools/server/collections/list.h"
#include "tools/server/collections/meta.h"

namespace sluice::api {
namespace {

collections::Workplace PlaceOf(ServerParts& parts) {
  return {*parts.catalog, *parts.writer, parts.config.folder};
}

http::Response Json(std::string body) { return http::JsonResponse(200, std::move(body)); }

StatusOr<http::Response> List(ServerParts&, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(std::string body,
                          collections::ListCollections(call.caller(), ParamsOf(call.request)));
  return Json(std::move(body));
}

StatusOr<http::Response> View(ServerParts&, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(std::string body, collections::ViewCollection(
                                                call.caller(), call.request.PathParam("collection"),
                                                ParamsOf(call.request)));
  return Json(std::move(body));
}

StatusOr<http::Response> Create(ServerParts& parts, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(
      std::string body,
      collections::CreateCollection(PlaceOf(parts), call.request, ParamsOf(call.request).fields));
  return Json(std::move(body));
}

StatusOr<http::Response> Update(ServerParts& parts, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(
      std::string body,
      collections::UpdateCollection(PlaceOf(parts), call.request.PathParam("collection"),
                                    call.request, ParamsOf(call.request).fields));
  return Json(std::move(body));
}

StatusOr<http::Response> Delete(ServerParts& parts, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(
      std::string id,
      collections::DeleteCollection(PlaceOf(parts), call.request.PathParam("collection")));
  if (!id.empty()) {
    parts.remover->Remove(
        {.store = parts.FilesBy(call.snapshot->settings), .collection_id = std::move(id)});
  }
  return http::NoContent();
}

// S-55.
StatusOr<http::Response> Truncate(ServerParts& parts, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  const std::string name(call.request.PathParam("collection"));
  const Status status = parts.writes->Run(
      [&name](writes::Scope& scope) -> Status {
        const Collection* collection = scope.schema().Find(name);
        if (collection == nullptr) return ApiStatus(404, "");
        if (collection->is_view())
          return ApiStatus(400,
                           "View collections cannot be truncated since they don't store their own "
                           "records.");
        const Status deleted = writes::DeleteAllRecords(scope, *collection);
        if (!absl::IsInvalidArgument(deleted)) return deleted;
        return ApiStatus(400,
                         "Failed to truncate collection (most likely due to required cascade "
                         "delete record references).");
      },
      store::JobKind::kAlone);
  SLUICE_RETURN_IF_ERROR(status);
  return http::NoContent();
}

StatusOr<http::Response> Import(ServerParts& parts, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_RETURN_IF_ERROR(collections::ImportCollections(PlaceOf(parts), call.request));
  return http::NoContent();
}

StatusOr<http::Response> Scaffolds(ServerParts&, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(std::string body, collections::ScaffoldsJson());
  return PickedJson(call, std::move(body));
}

StatusOr<http::Response> Providers(ServerParts&, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  return PickedJson(call, collections::ProvidersJson());
}

StatusOr<http::Response> DryRunView(ServerParts&, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(std::string body, collections::DryRun(call.caller(), call.request));
  return PickedJson(call, std::move(body));
}

}  // namespace

void AddCollectionRoutes(ServerParts& parts, http::Router& router) {
  constexpr std::string_view kAll = "/api/collections";
  constexpr std::string_view kOne = "/api/collections/{collection}";
  router.Add("GET", kAll, parts.OnQueryThread(&List));
  router.Add("GET", kOne, parts.OnQueryThread(&View));
  // A chunked body that is too long fails like any that cannot be read (S-83).
  http::RouteOptions create;
  create.chunked_overflow = http::ApiError{
      .status = 400,
      .message = "Failed to load the collection type data due to invalid formatting."};
  router.Add("POST", kAll, parts.OnQueryThread(&Create), create);
  router.Add("PATCH", kOne, parts.OnQueryThread(&Update));
  router.Add("DELETE", kOne, parts.OnQueryThread(&Delete));
  router.Add("DELETE", "/api/collections/{collection}/truncate", parts.OnQueryThread(&Truncate));
  router.Add("PUT", "/api/collections/import", parts.OnQueryThread(&Import));
  router.Add("GET", "/api/collections/meta/scaffolds", parts.OnQueryThread(&Scaffolds));
  router.Add("GET", "/api/collections/meta/oauth2-providers", parts.OnQueryThread(&Providers));
  router.Add("POST", "/api/collections/meta/dry-run-view", parts.OnQueryThread(&DryRunView));
}

}  // namespace sluice::api
