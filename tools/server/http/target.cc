// Request targets and query strings (F-141, S-74). One pass each, no
// dependency. Tested by http_message_test.cc.
#include "tools/server/http/target.h"

#include <algorithm>
#include <utility>

namespace sluice::http {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

bool DecodePair(std::string_view piece, std::vector<Param>& pairs) {
  if (piece.find(';') != std::string_view::npos) {
    return false;
  }
  const std::size_t equals = piece.find('=');
  auto name = PercentDecode(piece.substr(0, equals), true);
  auto value = equals == std::string_view::npos ? std::optional<std::string>(std::string())
                                                : PercentDecode(piece.substr(equals + 1), true);
  if (!name || !value) {
    return false;
  }
  pairs.push_back({*std::move(name), *std::move(value)});
  return true;
}

// Where the path of `target` begins: 0, or after "scheme://authority".
std::optional<std::size_t> FindPath(std::string_view target) {
  if (target.front() == '/') {
    return 0;
  }
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos || scheme == 0) {
    return std::nullopt;
  }
  return std::min(target.find_first_of("/?", scheme + 3), target.size());
}

bool SplitSegments(std::string_view path, std::vector<std::string>& segments) {
  segments.reserve(static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')));
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t begin = at + 1;
    at = std::min(path.find('/', begin), path.size());
    const std::string_view raw = path.substr(begin, at - begin);
    if (raw.find('%') == std::string_view::npos) {
      segments.emplace_back(raw);
      continue;
    }
    auto decoded = PercentDecode(raw, false);
    if (!decoded) {
      return false;
    }
    segments.push_back(*std::move(decoded));
  }
  return true;
}

}  // namespace

std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return std::nullopt;
      }
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(c == '+' && plus_is_space ? ' ' : c);
    }
  }
  return out;
}

bool ParseQuery(std::string_view text, std::vector<Param>& pairs) {
  bool complete = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!piece.empty() && !DecodePair(piece, pairs)) {
      complete = false;
    }
  }
  return complete;
}

bool ParseTarget(Request& request) {
  const std::string_view target = request.target;
  if (target.empty() || std::any_of(target.begin(), target.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
      })) {
    return false;
  }
  if (target == "*" || request.method == "CONNECT") {
    request.path_at = target.size();
    return true;
  }
  const std::optional<std::size_t> path_at = FindPath(target);
  if (!path_at) {
    return false;
  }
  request.path_at = *path_at;
  request.path_size = std::min(target.find('?', *path_at), target.size()) - *path_at;
  request.query_malformed = !ParseQuery(request.raw_query(), request.query);
  return SplitSegments(request.path(), request.segments);
}

std::string CleanPath(std::string_view path) {
  const auto is_special = [](std::string_view segment) {
    return segment.empty() || segment == "." || segment == "..";
  };
  std::string clean;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t begin = path[at] == '/' ? at + 1 : at;
    at = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, at - begin);
    if (!is_special(segment)) {
      clean.append("/").append(segment);
    } else if (segment == "..") {
      clean.erase(std::min(clean.rfind('/'), clean.size()));
    }
  }
  if (clean.empty() || path.back() == '/') {
    clean.push_back('/');
  }
  return clean;
}

}  // namespace sluice::http
