// A tree of path segments; Admit walks it once. The walk backs out of a literal
// that leads nowhere, so it visits at most every node of the tree, which is as
// large as the route table and not as the request. Tested by
// http_router_test.cc.
#include "tools/server/http/router.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "tools/server/http/redirect.h"
#include "tools/server/http/target.h"

namespace sluice::http {

struct Router::Route {
  struct Name {
    std::size_t segment;
    std::string text;
  };

  std::string method;
  // The {names} and the segments they stand for; the last may be the rest.
  std::vector<Name> names;
  // Segments of the pattern, the rest included.
  std::size_t segments = 0;
  bool has_rest = false;
  std::size_t number = 0;
  Handler handler;
  RouteOptions options;
  std::optional<Response> chunked_overflow;
};

struct Router::Node {
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
  std::unique_ptr<Node> any;
  std::vector<std::unique_ptr<Route>> here;  // Patterns that end at this node.
  std::vector<std::unique_ptr<Route>> rest;  // {name...} below this node.

  Node& Literal(std::string_view text) {
    for (auto& [name, node] : literals) {
      if (name == text) {
        return *node;
      }
    }
    return *literals.emplace_back(std::string(text), std::make_unique<Node>()).second;
  }

  static const Route* Pick(const std::vector<std::unique_ptr<Route>>& routes,
                           std::string_view method) {
    const Route* get = nullptr;
    for (const auto& route : routes) {
      if (route->method == method) {
        return route.get();
      }
      if (route->method == "GET" && method == "HEAD") {
        get = route.get();
      }
    }
    return get;
  }

  const Route* Find(std::string_view method, const std::vector<std::string>& segments,
                    std::size_t at) const {
    if (at == segments.size()) {
      return Pick(here, method);
    }
    for (const auto& [name, node] : literals) {
      if (name == segments[at]) {
        if (const Route* found = node->Find(method, segments, at + 1)) {
          return found;
        }
      }
    }
    // A name stands for a non-empty segment: "/a/" is not "/a/{x}".
    if (any != nullptr && !segments[at].empty()) {
      if (const Route* found = any->Find(method, segments, at + 1)) {
        return found;
      }
    }
    return Pick(rest, method);
  }
};

namespace {

bool IsClean(std::string_view path) {
  if (path.empty() || path.front() != '/') {
    return false;
  }
  for (std::size_t slash = 0; slash != std::string_view::npos;) {
    const std::size_t next = path.find('/', slash + 1);
    const bool is_last = next == std::string_view::npos;
    const std::string_view segment =
        path.substr(slash + 1, is_last ? std::string_view::npos : next - slash - 1);
    if (segment == "." || segment == ".." || (segment.empty() && !is_last)) {
      return false;
    }
    slash = next;
  }
  return true;
}

}  // namespace

Router::Router(CorsPolicy cors) : cors_(std::move(cors)), root_(std::make_unique<Node>()) {
  fallback_ = [](const Request& request, Responder responder) {
    responder.Send(UnknownRoute(request.method));
  };
}

Router::~Router() = default;

void Router::Add(std::string_view method, std::string_view pattern, Handler handler,
                 RouteOptions options) {
  assert(pattern.starts_with('/'));
  auto route = std::make_unique<Route>();
  Node* node = root_.get();
  for (std::size_t at = 0; at < pattern.size() && !route->has_rest;) {
    const std::size_t begin = at + 1;
    at = std::min(pattern.find('/', begin), pattern.size());
    std::string_view segment = pattern.substr(begin, at - begin);
    ++route->segments;
    if (!segment.starts_with('{')) {
      node = &node->Literal(segment);
      continue;
    }
    assert(segment.ends_with('}'));
    segment = segment.substr(1, segment.size() - 2);
    route->has_rest = segment.ends_with("...");
    if (route->has_rest) {
      assert(at == pattern.size());
      segment.remove_suffix(3);
    } else {
      if (node->any == nullptr) {
        node->any = std::make_unique<Node>();
      }
      node = node->any.get();
    }
    route->names.push_back({route->segments - 1, std::string(segment)});
  }
  route->method = std::string(method);
  names_.push_back({route->method, std::string(pattern)});
  route->number = names_.size();
  route->handler = std::move(handler);
  route->options = std::move(options);
  if (route->options.chunked_overflow) {
    route->chunked_overflow = ErrorResponse(*route->options.chunked_overflow);
  }
  auto& routes = route->has_rest ? node->rest : node->here;
  assert(std::none_of(routes.begin(), routes.end(),
                      [&](const auto& other) { return other->method == route->method; }));
  routes.push_back(std::move(route));
}

void Router::SetFallback(Handler handler) { fallback_ = std::move(handler); }

// The peer redirects "/tree" to "/tree/" when only a rest route like
// "/tree/{path...}" knows the tree: the path did not match exactly, and with
// the slash it matches one whose rest is then empty.
bool Router::NeedsSlash(const Request& head, const Route* found) const {
  if ((found != nullptr && !found->has_rest) || head.path().ends_with('/')) {
    return false;
  }
  std::vector<std::string> segments = head.segments;
  segments.emplace_back();
  const Route* tree = root_->Find(head.method, segments, 0);
  return tree != nullptr && tree->has_rest && tree->segments == segments.size();
}

Admission Router::Admit(Request& head) const {
  Admission admission;
  if (head.target == "*") {
    admission.answer.status = head.method == "OPTIONS" ? 200 : 400;
    admission.answer.common_headers = CommonHeaders::kNone;
    return admission;
  }
  const bool is_connect = head.method == "CONNECT";
  if (!is_connect && !IsClean(head.path())) {
    admission.answer = RedirectToPath(CleanPath(head.path()), head);
    return admission;
  }
  const Route* route = is_connect ? nullptr : root_->Find(head.method, head.segments, 0);
  if (!is_connect && NeedsSlash(head, route)) {
    admission.answer = RedirectToPath(std::string(head.path()) + "/", head);
    return admission;
  }
  admission.cors_fields = cors_.FieldsFor(head);
  if (head.method == "OPTIONS") {
    admission.answer = NoContent();
    admission.answer.common_headers = CommonHeaders::kCorsOnly;
    return admission;
  }
  if (route == nullptr) {
    admission.handler = &fallback_;
    admission.body_bytes_max = kBodyBytesMaxDefault;
    admission.discard_body = true;
    return admission;
  }
  admission.route = route->number;
  for (const Route::Name& name : route->names) {
    std::string value = name.segment < head.segments.size() ? head.segments[name.segment] : "";
    if (route->has_rest && &name == &route->names.back()) {
      for (std::size_t i = name.segment + 1; i < head.segments.size(); ++i) {
        value.append("/").append(head.segments[i]);
      }
    }
    head.path_params.push_back({name.text, std::move(value)});
  }
  BodyPlan plan;
  if (route->options.plan_body) {
    plan = route->options.plan_body(head);
  }
  if (plan.refusal) {
    admission.answer = ErrorResponse(*plan.refusal);
    return admission;
  }
  admission.handler = &route->handler;
  admission.discard_body = route->options.discard_body;
  admission.body_bytes_max = plan.bytes_max;
  admission.chunked_overflow = route->chunked_overflow ? &*route->chunked_overflow : nullptr;
  return admission;
}

Response UnknownRoute(std::string_view method) {
  ApiError error{.status = 404};
  if (method == "GET" || method == "HEAD") {
    error.message = "File not found.";
  }
  return ErrorResponse(error);
}

}  // namespace sluice::http
