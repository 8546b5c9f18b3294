// GET and POST /api/oauth2-redirect. Tested by tests/conformance (`auth`) and
// tests/server/oauth2_flow_test.cc.
#include "tools/server/api/oauth2.h"
#include "tools/server/json/json_text.h"
#include "tools/server/login/form.h"

namespace sluice::api {
namespace {

constexpr std::string_view kTopic = "@oauth2";

struct Returned {
  std::string state;
  std::string code;
  std::string error;
  std::string user;  // Apple's
};

StatusOr<Returned> ReadReturned(const http::Request& request) {
  Returned returned;
  if (request.method != "POST") {
    returned.state = std::string(request.Query("state").value_or(""));
    returned.code = std::string(request.Query("code").value_or(""));
    returned.error = std::string(request.Query("error").value_or(""));
    return returned;
  }
  SLUICE_ASSIGN_OR_RETURN(const login::Form form, login::Form::Read(request));
  SLUICE_ASSIGN_OR_RETURN(returned.state, form.Text("state"));
  SLUICE_ASSIGN_OR_RETURN(returned.code, form.Text("code"));
  SLUICE_ASSIGN_OR_RETURN(returned.error, form.Text("error"));
  SLUICE_ASSIGN_OR_RETURN(returned.user, form.Text("user"));
  return returned;
}

std::string EventData(const Returned& returned) {
  std::string data = "{\"state\":";
  json::AppendString(data, returned.state);
  data += ",\"code\":";
  json::AppendString(data, returned.code);
  if (!returned.error.empty()) {
    data += ",\"error\":";
    json::AppendString(data, returned.error);
  }
  return data + "}";
}

// Whether somebody waited for it, and has a code now.
bool HandOver(ServerParts& parts, const Call& call) {
  const StatusOr<Returned> returned = ReadReturned(call.request);
  if (!returned.ok() || returned->state.empty()) return false;
  const bool good = returned->error.empty() && !returned->code.empty();
  const auto delivery =
      parts.realtime->SendOnce(returned->state, kTopic, ClientIp(call), EventData(*returned));
  if (delivery != realtime::Hub::Delivery::kSent) return false;
  if (good) parts.apple_names.Keep(returned->code, returned->user, call.context.now);
  return good;
}

}  // namespace

StatusOr<http::Response> RedirectOAuth2(ServerParts& parts, Call& call) {
  const bool good = HandOver(parts, call);
  http::Response response;
  response.status = call.request.method == "POST" ? 303 : 307;
  // Never a place that the request named.
  response.headers.Add("Location", good ? "../_/#/auth/oauth2-redirect-success"
                                        : "../_/#/auth/oauth2-redirect-failure");
  return response;
}

}  // namespace sluice::api
