// S-94; superusers only.
#include "tools/server/api/server_parts.h"
#include "tools/server/crons/scheduler.h"
#include "tools/server/json/json_text.h"

namespace sluice::api {
namespace {

StatusOr<http::Response> List(ServerParts& parts, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  std::string body = "[";
  for (const crons::JobInfo& job : parts.crons->List()) {
    if (body.size() > 1) body += ',';
    body += "{\"id\":";
    json::AppendString(body, job.id);
    body += ",\"expression\":";
    json::AppendString(body, job.expression);
    body += '}';
  }
  return PickedJson(call, body + "]\n");
}

StatusOr<http::Response> Run(ServerParts& parts, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  if (!parts.crons->RunSoon(call.request.PathParam("id")))
    return ApiStatus(404, "Missing or invalid cron job.");
  return http::NoContent();
}

}  // namespace

void AddCronRoutes(ServerParts& parts, http::Router& router) {
  router.Add("GET", "/api/crons", parts.OnQueryThread(&List));
  router.Add("POST", "/api/crons/{id}", parts.OnQueryThread(&Run));
}

}  // namespace sluice::api
