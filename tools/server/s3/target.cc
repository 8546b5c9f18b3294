// Tested by tests/server/s3_sign_test.cc.
#include "tools/server/s3/target.h"

#include <algorithm>

#include "sluice/strings.h"
#include "tools/server/s3/sign.h"

namespace sluice::s3 {
namespace {

Status Bad(std::string_view what) {
  return absl::InvalidArgumentError("the S3 endpoint " + std::string(what));
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
         c == ':' || c == '[' || c == ']';
}

// `localhost:9000` -> `localhost`, `[::1]:9000` -> `[::1]`.
std::string_view WithoutPort(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  const bool port = colon != host.npos && (bracket == host.npos || colon > bracket);
  return port ? host.substr(0, colon) : host;
}

}  // namespace

std::string Target::PathOf(std::string_view key) const {
  return base_path + "/" + UriEscape(key, Escape::kPath);
}

StatusOr<Target> TargetOf(const Config& config) {
  std::string_view rest = config.endpoint;
  Target target{.scheme = "https"};
  if (const std::size_t at = rest.find("://"); at != rest.npos) {
    target.scheme = LowerAscii(rest.substr(0, at));
    rest.remove_prefix(at + 3);
  }
  if (target.scheme != "http" && target.scheme != "https") return Bad("is no http or https URL");
  const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  target.host = LowerAscii(rest.substr(0, slash));
  std::string_view path = rest.substr(slash);
  if (path.find_first_of("?#") != path.npos) return Bad("may have no query");
  while (path.ends_with('/')) path.remove_suffix(1);
  if (target.host.empty() || !std::all_of(target.host.begin(), target.host.end(), IsHostCharacter))
    return Bad("has no valid host");
  // As browsers and libcurl send it.
  const std::string_view port = target.scheme == "http" ? ":80" : ":443";
  if (target.host.ends_with(port)) target.host.resize(target.host.size() - port.size());
  const std::string_view name = WithoutPort(target.host);
  target.direct = name == "localhost" || name.starts_with("127.") || name == "[::1]";
  if (config.bucket.empty() || config.bucket.find_first_of("/?#\r\n") != config.bucket.npos)
    return absl::InvalidArgumentError("the name of the S3 bucket is not valid");
  if (config.force_path_style) {
    target.base_path = UriEscape(path, Escape::kPath) + "/" + UriEscape(config.bucket);
    return target;
  }
  const std::string bucket = LowerAscii(config.bucket);
  if (!std::all_of(bucket.begin(), bucket.end(), IsHostCharacter))
    return absl::InvalidArgumentError("the name of the S3 bucket can be no part of a host");
  target.base_path = UriEscape(path, Escape::kPath);
  target.host = bucket + "." + target.host;
  return target;
}

}  // namespace sluice::s3
