#include "tools/server/api/server_parts.h"

namespace sluice::api {
namespace {

// S-75; superusers learn more.
StatusOr<http::Response> Health(ServerParts& parts, Call& call) {
  std::string body = "{\"message\":\"API is healthy.\",\"code\":200,\"data\":{";
  if (call.superuser()) {
    std::vector<std::string> proxies = call.snapshot->settings.trusted_proxy.headers;
    proxies.insert(proxies.end(), {"CF-Connecting-IP", "Fly-Client-IP"});
    std::string found;
    for (const std::string& header : proxies) {
      if (found.empty() && !call.request.headers.Find(header).value_or("").empty()) found = header;
    }
    body += "\"canBackup\":" + std::string(parts.backups->busy() ? "false" : "true") +
            ",\"possibleProxyHeader\":\"" + found + "\",\"realIP\":\"" + ClientIp(call) + "\"";
  }
  body += "}}\n";
  return PickedJson(call, std::move(body));
}

}  // namespace

void AddHealthRoutes(ServerParts& parts, http::Router& router) {
  router.Add("GET", "/api/health",
             parts.OnQueryThread(&Health, RateLimit::kBeforeHandler, Lane::kAtOnce));
}

}  // namespace sluice::api
