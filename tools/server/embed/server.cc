// A Server is the App with routes of a program's own. Tested by tests/install
// (the example `follow`).
#include "sluice/server/server.h"

#include <exception>
#include <set>
#include <string_view>
#include <utility>

#include "tools/server/app.h"
#include "tools/server/collections/change.h"
#include "tools/server/embed/impl.h"

namespace sluice::server {

struct Server::Parts {
  std::unique_ptr<App> app;
};

namespace {

ServerConfig ConfigOf(const Options& options) {
  ServerConfig config;
  config.folder = options.folder;
  config.address = options.address;
  config.port = options.port;
  config.origins = options.origins;
  config.query_timeout = options.query_timeout;
  config.query_threads = options.query_threads;
  config.io_threads = options.io_threads;
  config.sync_full = options.sync_full;
  config.encryption_environment = options.encryption_environment;
  config.mail_folder = options.mail_folder;
  config.public_folder = options.public_folder;
  if (options.quiet) config.log_level = observe::LogLevel::kOff;
  return config;
}

// Whether segments are literals, {name}, or at the end {name...}.
bool IsPattern(std::string_view pattern) {
  if (!pattern.starts_with('/')) return false;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    const std::string_view segment = pattern.substr(0, end);
    pattern.remove_prefix(end);
    const bool braces = segment.find_first_of("{}") != std::string_view::npos;
    if (!braces) continue;
    const bool whole = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
    if (!whole || segment.find_first_of("{}", 1) != segment.size() - 1) return false;
    if (segment.ends_with("...}") && (segment.size() < 6 || !pattern.empty())) return false;
  }
  return true;
}

// The pattern with its names left out: two that say the same are one route.
std::string ShapeOf(std::string_view pattern) {
  std::string shape;
  bool inside = false;
  for (const char c : pattern) {
    if (c == '}') inside = false;
    if (!inside || c == '.') shape += c;
    if (c == '{') inside = true;
  }
  return shape;
}

Status CheckRoutes(const std::vector<Route>& routes) {
  std::set<std::string> known;
  for (const Route& route : routes) {
    const std::string name = route.method + " " + route.pattern;
    if (route.method.empty() || !route.handler || !IsPattern(route.pattern))
      return absl::InvalidArgumentError("no route: " + name);
    for (const std::string_view ours : {"/api/", "/_/", "/{"}) {
      if (route.pattern.starts_with(ours))
        return absl::InvalidArgumentError("the route is Sluice's own: " + name);
    }
    if (!known.insert(route.method + " " + ShapeOf(route.pattern)).second)
      return absl::InvalidArgumentError("two routes are the same: " + name);
  }
  return absl::OkStatus();
}

api::ServerParts::LaterHandler Adapted(Handler handler) {
  return
      [handler = std::move(handler)](api::ServerParts& parts, const api::CallPtr& call) -> Status {
        try {
          handler(Call(std::make_shared<Call::Impl>(parts, call)));
        } catch (const std::exception& error) {
          return absl::InternalError(error.what());
        }
        return absl::OkStatus();
      };
}

Status Import(api::ServerParts& parts, const std::string& collections) {
  http::Request request;
  request.method = "PUT";
  request.headers.Add("Content-Type", "application/json");
  request.body = "{\"collections\":" + collections + "}";
  request.has_body = true;
  const Status status =
      collections::ImportCollections({*parts.catalog, *parts.writer, parts.config.folder}, request);
  if (status.ok()) return status;
  const Refusal refusal = RefusalOf(status);
  return absl::InvalidArgumentError("collections: " + refusal.message + " " +
                                    ToJsonText(refusal.data));
}

}  // namespace

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

StatusOr<std::unique_ptr<Server>> Server::Start(Options options) {
  SLUICE_RETURN_IF_ERROR(CheckRoutes(options.routes));
  const auto extend = [&options](api::ServerParts& parts, http::Router& router) -> Status {
    for (Route& route : options.routes) {
      router.Add(route.method, route.pattern,
                 parts.OnQueryThreadLater(Adapted(std::move(route.handler))));
    }
    return options.collections.empty() ? absl::OkStatus() : Import(parts, options.collections);
  };
  auto parts = std::make_unique<Parts>();
  SLUICE_ASSIGN_OR_RETURN(parts->app, App::Start(ConfigOf(options), extend));
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

std::uint16_t Server::port() const { return parts_->app->port(); }
void Server::Stop() { parts_->app->Stop(); }

}  // namespace sluice::server
