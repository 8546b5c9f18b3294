// Method and path -> handler, and the stages in front of every handler: clean
// paths, CORS, unknown routes (S-73 to S-78, R-3 to R-7).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/server/http/api_error.h"
#include "tools/server/http/cors.h"
#include "tools/server/http/handler.h"
#include "tools/server/http/message.h"

namespace sluice::http {

// The body limit of a route that names none (S-83): 32 MiB.
inline constexpr std::uint64_t kBodyBytesMaxDefault = 33554432;

// How the body of one request is taken.
struct BodyPlan {
  std::uint64_t bytes_max = kBodyBytesMaxDefault;
  // The answer, in place of the handler's and before any of the body is read:
  // such as the 404 of a collection that is not there.
  std::optional<ApiError> refusal;
};

struct RouteOptions {
  // Decides by the head of one request, whose path_params are set. Null: the
  // default plan. Runs on an I/O thread, so it must not block.
  std::function<BodyPlan(const Request&)> plan_body;
  // What a chunked body that passes the limit is answered with, where that is
  // not the 413 (S-83).
  std::optional<ApiError> chunked_overflow;
  // The handler does not want the body; it is read and dropped.
  bool discard_body = false;
};

// Built by one thread, then shared read-only by all.
class Router : public Service {
 public:
  explicit Router(CorsPolicy cors);
  ~Router() override;

  // `pattern` is '/' and segments: literals, `{name}` for one segment, and at
  // the end perhaps `{name...}` for all that is left, which may be nothing. A
  // literal beats a name, a name beats the rest, segment by segment from the
  // left. GET routes also answer HEAD. Literals are compared with the decoded
  // path, and a trailing slash is an (empty) segment of its own.
  //
  // Adding a method and pattern twice, or a malformed pattern, is a mistake of
  // the caller's.
  void Add(std::string_view method, std::string_view pattern, Handler handler,
           RouteOptions options = {});

  // Answers what no route does, in place of UnknownRoute.
  void SetFallback(Handler handler);

  Admission Admit(Request& head) const override;
  std::vector<RouteName> Routes() const override { return names_; }

 private:
  struct Route;
  struct Node;

  bool NeedsSlash(const Request& head, const Route* found) const;

  CorsPolicy cors_;
  std::vector<RouteName> names_;
  std::unique_ptr<Node> root_;
  Handler fallback_;
};

// 404: `File not found.` for GET and HEAD, which the static files of the peer
// would have served, else the default text (S-74).
Response UnknownRoute(std::string_view method);

}  // namespace sluice::http
