#include "tools/server/api/call.h"

#include <chrono>

#include "boost/json/value.hpp"

#include "tools/server/api/json_value.h"
#include "tools/server/http/api_error.h"
#include "tools/server/http/body.h"
#include "tools/server/http/real_ip.h"

namespace sluice::api {
namespace {

UnixMillis NowMillis() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

RequestContext ContextOf(const http::Request& request) {
  RequestContext context;
  context.method = request.method;
  context.now = NowMillis();
  for (const http::Param& param : request.query)
    context.query.emplace_back(param.name, param.value);
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const http::Headers::Field field = request.headers[i];
    if (EqualsIgnoreCase(field.name, "Host")) continue;
    context.headers.emplace_back(NormalizeHeaderName(field.name), std::string(field.value));
  }
  return context;
}

records::ListParams ParamsOf(const http::Request& request, const records::AnswerLimits& limits) {
  const auto get = [&request](std::string_view name) {
    return request.Query(name).value_or(std::string_view());
  };
  return {get("filter"), get("sort"),    get("expand"),    get("fields"),
          get("page"),   get("perPage"), get("skipTotal"), limits};
}

Status ApiStatus(int status, std::string message) {
  return http::MakeStatus({.status = status, .message = std::move(message)});
}

http::Response PickedJson(const Call& call, std::string body) {
  return http::JsonResponse(200,
                            records::Picked(std::move(body), ParamsOf(call.request).fields, false));
}

Status ReadBody(Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const http::RequestBody body, http::ReadBody(call.request));
  call.context.body = ToJsonValue(boost::json::value(body.values));
  return absl::OkStatus();
}

StatusOr<const Collection*> CollectionInPath(const Call& call, std::string_view missing) {
  const Collection* collection = call.snapshot->schema->Find(call.request.PathParam("collection"));
  if (collection == nullptr) return ApiStatus(404, std::string(missing));
  return collection;
}

Status RequireSuperuser(const Call& call) {
  if (!call.auth) return ApiStatus(401, "The request requires valid record authorization token.");
  if (!call.superuser())
    return ApiStatus(403, "The authorized record is not allowed to perform this action.");
  return absl::OkStatus();
}

std::string ClientIp(const Call& call) {
  const auto& proxy = call.snapshot->settings.trusted_proxy;
  return http::RealIp(call.request, {proxy.headers, proxy.use_leftmost_ip});
}

}  // namespace sluice::api
