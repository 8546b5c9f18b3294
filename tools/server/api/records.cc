// The records API.
#include <charconv>

#include "tools/server/api/record_writes.h"
#include "tools/server/api/server_parts.h"
#include "tools/server/fields/validate.h"
#include "tools/server/records/list.h"

namespace sluice::api {
namespace {

constexpr std::string_view kMissing = "Missing collection context.";

// F-123: the body of a list without a row, which a filter and a rule have made so.
bool IsProbe(const Call& call, const Collection& collection, std::string_view body) {
  return !call.superuser() && body.starts_with("{\"items\":[],") &&
         !call.request.Query("filter").value_or("").empty() &&
         call.snapshot->RulesOf(collection).list.ast;
}

StatusOr<http::Response> List(ServerParts& parts, Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection, CollectionInPath(call, kMissing));
  SLUICE_RETURN_IF_ERROR(parts.LimitRate(call, collection, {"list"}));
  SLUICE_RETURN_IF_ERROR(ReadBody(call));
  SLUICE_ASSIGN_OR_RETURN(std::string body,
                          records::ListRecords(call.caller(), *collection,
                                               ParamsOf(call.request, parts.config.answers)));
  if (parts.config.probe_delay && IsProbe(call, *collection, body)) {
    const auto delay = parts.probes.Note(ClientIp(call) + " " + collection->id, call.context.now);
    if (delay.count() > 0) call.responder = parts.probes.Delayed(std::move(call.responder), delay);
  }
  return http::JsonResponse(200, std::move(body));
}

StatusOr<http::Response> View(ServerParts& parts, Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection, CollectionInPath(call, kMissing));
  SLUICE_RETURN_IF_ERROR(parts.LimitRate(call, collection, {"view"}));
  SLUICE_RETURN_IF_ERROR(ReadBody(call));
  SLUICE_ASSIGN_OR_RETURN(
      std::string body,
      records::ViewRecord(call.caller(), *collection, std::string(call.request.PathParam("id")),
                          ParamsOf(call.request, parts.config.answers)));
  return http::JsonResponse(200, std::move(body));
}

// The length that a request says its body has.
std::uint64_t Announced(const http::Request& head) {
  const std::string_view text = head.headers.Find("Content-Length").value_or("");
  std::uint64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

}  // namespace

void AddRecordRoutes(ServerParts& parts, http::Router& router) {
  constexpr std::string_view kRecords = "/api/collections/{collection}/records";
  constexpr std::string_view kRecord = "/api/collections/{collection}/records/{id}";
  router.Add("GET", kRecords, parts.OnQueryThread(&List, RateLimit::kByHandler, Lane::kAtOnce));
  router.Add("GET", kRecord, parts.OnQueryThread(&View, RateLimit::kByHandler, Lane::kAtOnce));
  // What fits in hangs on the collection's fields. One that is not there
  // is the handler's to answer, but before a body that is too large.
  http::RouteOptions body;
  body.plan_body = [&parts](const http::Request& head) {
    http::BodyPlan plan;
    const std::shared_ptr<const store::Snapshot> snapshot = parts.catalog->current();
    const Collection* collection = snapshot->schema->Find(head.PathParam("collection"));
    if (collection != nullptr) {
      plan.bytes_max = fields::BodyLimit(*collection);
    } else if (Announced(head) > plan.bytes_max) {
      plan.refusal =
          http::ApiError{.status = 404, .message = "Missing or invalid collection context."};
    }
    return plan;
  };
  router.Add("POST", kRecords,
             parts.OnQueryThreadLater(&CreateRecord, RateLimit::kByHandler, Lane::kAtOnce), body);
  router.Add("PATCH", kRecord,
             parts.OnQueryThreadLater(&UpdateRecord, RateLimit::kByHandler, Lane::kAtOnce), body);
  router.Add("DELETE", kRecord,
             parts.OnQueryThreadLater(&DeleteRecord, RateLimit::kByHandler, Lane::kAtOnce));
}

}  // namespace sluice::api
