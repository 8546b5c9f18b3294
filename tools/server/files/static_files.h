// The folder of static files beside the API (S-75).
#pragma once

#include <string>

#include "tools/server/http/message.h"

namespace sluice::files {

struct StaticOptions {
  // Empty or not there: nothing is found.
  std::string folder;
  // What is not found is the folder's index.html, for applications that route
  // by themselves.
  bool index_fallback = true;
};

// The answer to a GET or HEAD of a path of `request` that is no route. Reads the
// disk: not for an I/O thread.
http::Response ServeStatic(const http::Request& request, const StaticOptions& options);

}  // namespace sluice::files
