// S-93; superusers only.
#include "tools/server/api/server_parts.h"
#include "tools/server/logs/activity_log.h"
#include "tools/server/logs/query.h"

namespace sluice::api {
namespace {

// Runs `query` with a caller whose connection is the log's.
template <typename Query>
StatusOr<http::Response> Ask(ServerParts& parts, Call& call, const Query& query) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  StatusOr<std::string> body = std::string();
  const Status status = parts.activity->Read([&](store::Connection& connection) {
    const store::LimitedScope limits(
        connection, [&call] { return call.request.cancelled.IsCancelled(); },
        std::chrono::steady_clock::now() + parts.config.query_timeout);
    body = query(records::Caller{*call.snapshot, connection, call.context, true});
    return body.status();
  });
  SLUICE_RETURN_IF_ERROR(status);
  return http::JsonResponse(200, *std::move(body));
}

StatusOr<http::Response> List(ServerParts& parts, Call& call) {
  return Ask(parts, call, [&](const records::Caller& caller) {
    return logs::ListLogs(caller, ParamsOf(call.request));
  });
}

StatusOr<http::Response> View(ServerParts& parts, Call& call) {
  return Ask(parts, call, [&](const records::Caller& caller) -> StatusOr<std::string> {
    SLUICE_ASSIGN_OR_RETURN(std::string body,
                            logs::ViewLog(caller, std::string(call.request.PathParam("id"))));
    return records::Picked(std::move(body), ParamsOf(call.request).fields, false);
  });
}

StatusOr<http::Response> Stats(ServerParts& parts, Call& call) {
  return Ask(parts, call, [&](const records::Caller& caller) -> StatusOr<std::string> {
    SLUICE_ASSIGN_OR_RETURN(std::string body,
                            logs::LogStats(caller, ParamsOf(call.request).filter));
    return records::Picked(std::move(body), ParamsOf(call.request).fields, false);
  });
}

}  // namespace

void AddLogRoutes(ServerParts& parts, http::Router& router) {
  router.Add("GET", "/api/logs", parts.OnQueryThread(&List));
  router.Add("GET", "/api/logs/stats", parts.OnQueryThread(&Stats));
  router.Add("GET", "/api/logs/{id}", parts.OnQueryThread(&View));
}

}  // namespace sluice::api
