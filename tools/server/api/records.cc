// The records API.
#include "tools/server/api/server_parts.h"
#include "tools/server/records/list.h"

namespace sluice::api {
namespace {

constexpr std::string_view kMissing = "Missing collection context.";
constexpr std::string_view kMissingOrInvalid = "Missing or invalid collection context.";

StatusOr<http::Response> List(ServerParts& parts, Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection, CollectionInPath(call, kMissing));
  SLUICE_RETURN_IF_ERROR(parts.LimitRate(call, collection, {"list"}));
  SLUICE_RETURN_IF_ERROR(ReadBody(call));
  SLUICE_ASSIGN_OR_RETURN(std::string body,
                          records::ListRecords(call.caller(), *collection, ParamsOf(call.request)));
  return http::JsonResponse(200, std::move(body));
}

StatusOr<http::Response> View(ServerParts& parts, Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection, CollectionInPath(call, kMissing));
  SLUICE_RETURN_IF_ERROR(parts.LimitRate(call, collection, {"view"}));
  SLUICE_RETURN_IF_ERROR(ReadBody(call));
  SLUICE_ASSIGN_OR_RETURN(
      std::string body,
      records::ViewRecord(call.caller(), *collection, std::string(call.request.PathParam("id")),
                          ParamsOf(call.request)));
  return http::JsonResponse(200, std::move(body));
}

StatusOr<http::Response> Write(ServerParts& parts, Call& call) {
  const std::string& method = call.request.method;
  SLUICE_ASSIGN_OR_RETURN(
      const Collection* collection,
      CollectionInPath(call, method == "DELETE" ? kMissing : kMissingOrInvalid));
  if (collection->is_view()) return ApiStatus(400, "Unsupported collection type.");
  SLUICE_RETURN_IF_ERROR(parts.LimitRate(call, collection,
                                         {method == "POST"    ? "create"
                                          : method == "PATCH" ? "update"
                                                              : "delete"}));
  return ApiStatus(
      501, "This version of Sluice only reads: records cannot be created, changed or deleted yet.");
}

}  // namespace

void AddRecordRoutes(ServerParts& parts, http::Router& router) {
  constexpr std::string_view kRecords = "/api/collections/{collection}/records";
  constexpr std::string_view kRecord = "/api/collections/{collection}/records/{id}";
  router.Add("GET", kRecords, parts.OnQueryThread(&List, RateLimit::kByHandler));
  router.Add("GET", kRecord, parts.OnQueryThread(&View, RateLimit::kByHandler));
  router.Add("POST", kRecords, parts.OnQueryThread(&Write, RateLimit::kByHandler));
  router.Add("PATCH", kRecord, parts.OnQueryThread(&Write, RateLimit::kByHandler));
  router.Add("DELETE", kRecord, parts.OnQueryThread(&Write, RateLimit::kByHandler));
}

}  // namespace sluice::api
