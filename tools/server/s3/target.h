// Where a bucket is, as the settings say it.
#pragma once

#include <string>
#include <string_view>

#include "sluice/status.h"

namespace sluice::s3 {

struct Config {
  std::string endpoint;  // a URL; https where it has no scheme
  std::string region;
  std::string bucket;
  std::string access_key;
  std::string secret;
  bool force_path_style = false;

  bool operator==(const Config&) const = default;
};

struct Target {
  std::string scheme;     // http or https
  std::string host;       // with the port, if one is named: the Host header
  std::string base_path;  // escaped, without a '/' at its end
  bool direct = false;    // this machine itself

  // The escaped path of a key; of the bucket itself when `key` is empty.
  std::string PathOf(std::string_view key) const;
};

// kInvalidArgument for what is no such URL.
StatusOr<Target> TargetOf(const Config& config);

}  // namespace sluice::s3
