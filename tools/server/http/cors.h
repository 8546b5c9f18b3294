// Which origins may read answers (S-78).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/server/http/message.h"

namespace sluice::http {

class CorsPolicy {
 public:
  // The entries of --origins; {"*"} allows all.
  explicit CorsPolicy(std::vector<std::string> origins);

  // The CORS fields, in wire form, of every answer to `request`.
  std::string FieldsFor(const Request& request) const;

  // What Access-Control-Allow-Origin says to `origin`; empty when it is not
  // allowed.
  std::string_view AllowedOrigin(std::string_view origin) const;

 private:
  std::vector<std::string> origins_;
};

}  // namespace sluice::http
