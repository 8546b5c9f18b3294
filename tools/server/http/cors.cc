// CORS decisions. Patterns are matched by a bounded walk, never by a regular
// expression: an Origin header is the client's text. Tested by
// http_router_test.cc.
#include "tools/server/http/cors.h"

#include <algorithm>
#include <utility>

#include "tools/server/http/utf8.h"

namespace sluice::http {
namespace {

constexpr std::size_t kHostBytesMax = 253;

// `*` stands for any text and `?` for any character; a line break for neither.
bool MatchesPattern(std::string_view pattern, std::string_view text) {
  if (text.find('\n') != std::string_view::npos) {
    return false;
  }
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t += std::max<std::size_t>(Utf8SequenceSize(text, t), 1);
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

// Cuts the last '.'-separated label off `host`.
std::string_view TakeLastLabel(std::string_view& host, bool& more) {
  const std::size_t dot = host.rfind('.');
  more = dot != std::string_view::npos;
  const std::string_view label = more ? host.substr(dot + 1) : host;
  host = more ? host.substr(0, dot) : std::string_view();
  return label;
}

// Same scheme, and equal labels from the right up to a `*` label, which stands
// for all that is left.
bool MatchesSubdomain(std::string_view origin, std::string_view pattern) {
  const std::size_t origin_scheme = origin.find("://");
  const std::size_t pattern_scheme = pattern.find("://");
  if (origin_scheme == std::string_view::npos || pattern_scheme == std::string_view::npos ||
      origin.substr(0, origin_scheme) != pattern.substr(0, pattern_scheme)) {
    return false;
  }
  std::string_view host = origin.substr(origin_scheme + 3);
  std::string_view expected = pattern.substr(pattern_scheme + 3);
  if (host.size() > kHostBytesMax) {
    return false;
  }
  for (bool more = true, more_expected = true; more && more_expected;) {
    const std::string_view label = TakeLastLabel(host, more);
    const std::string_view expected_label = TakeLastLabel(expected, more_expected);
    if (expected_label == "*") {
      return true;
    }
    if (label != expected_label) {
      return false;
    }
  }
  return false;
}

void AppendField(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

CorsPolicy::CorsPolicy(std::vector<std::string> origins) : origins_(std::move(origins)) {}

std::string_view CorsPolicy::AllowedOrigin(std::string_view origin) const {
  for (const std::string& entry : origins_) {
    if (entry == "*") {
      return "*";
    }
    if (entry == origin || MatchesSubdomain(origin, entry)) {
      return origin;
    }
  }
  // A scheme, "://" and the longest host: longer texts are not looked at.
  if (origin.size() > kHostBytesMax + 3 + 5 || origin.find("://") == std::string_view::npos) {
    return {};
  }
  for (const std::string& entry : origins_) {
    if (MatchesPattern(entry, origin)) {
      return origin;
    }
  }
  return {};
}

std::string CorsPolicy::FieldsFor(const Request& request) const {
  const std::string_view origin = request.headers.Find("Origin").value_or("");
  std::string fields;
  const std::string_view allowed = origin.empty() ? std::string_view() : AllowedOrigin(origin);
  const bool preflight = request.method == "OPTIONS" && !allowed.empty();
  if (preflight) {
    const auto asked = request.headers.Find("Access-Control-Request-Headers");
    if (asked && !asked->empty()) {
      AppendField(fields, "Access-Control-Allow-Headers", *asked);
    }
    AppendField(fields, "Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
  }
  if (!allowed.empty()) {
    AppendField(fields, "Access-Control-Allow-Origin", allowed);
  }
  AppendField(fields, "Vary", "Origin");
  if (preflight) {
    AppendField(fields, "Vary", "Access-Control-Request-Method");
    AppendField(fields, "Vary", "Access-Control-Request-Headers");
  }
  return fields;
}

}  // namespace sluice::http
