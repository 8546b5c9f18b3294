// One request on its way through the server's threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sluice/request_context.h"
#include "sluice/status.h"
#include "tools/server/auth/load_auth.h"
#include "tools/server/http/handler.h"
#include "tools/server/http/message.h"
#include "tools/server/records/caller.h"
#include "tools/server/records/list.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/snapshot.h"

namespace sluice::api {

// Shared by the threads that work on a request one after the other; never by
// two at a time. Keeps the snapshot it began with.
struct Call {
  Call(http::Request the_request, http::Responder the_responder)
      : request(std::move(the_request)), responder(std::move(the_responder)) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  http::Request request;
  http::Responder responder;
  std::shared_ptr<const store::Snapshot> snapshot;
  // Of the thread that runs the call now; not to be kept.
  store::Connection* connection = nullptr;
  RequestContext context;
  std::optional<auth::LoadedAuth> auth;
  // Begun anew after it gave up in Lane::kAtOnce.
  bool begun_anew = false;

  // Whether what was done so far does not count: it was to be quick and was not.
  bool GaveUp() const { return connection->hurried() && connection->gave_up(); }
  bool superuser() const { return auth && auth->principal.superuser; }
  records::Caller caller() { return {*snapshot, *connection, context, superuser()}; }
};
using CallPtr = std::shared_ptr<Call>;

// What the rules of a request may look at (F-90 to F-95).
RequestContext ContextOf(const http::Request& request);

// The query parameters of list and view. They view the request.
records::ListParams ParamsOf(const http::Request& request,
                             const records::AnswerLimits& limits = {});

// A failure with that status and message.
Status ApiStatus(int status, std::string message);

// 200 with a body that already ends in a newline, `fields` applied (F-146).
http::Response PickedJson(const Call& call, std::string body);

// Reads the body into the context, for rules.
Status ReadBody(Call& call);

// The collection in the path, or 404 with `missing`.
StatusOr<const Collection*> CollectionInPath(const Call& call, std::string_view missing);

// S-44: asked before the path or the body is looked at.
Status RequireSuperuser(const Call& call);

// The client's address by the settings' proxy headers (S-81).
std::string ClientIp(const Call& call);

}  // namespace sluice::api
