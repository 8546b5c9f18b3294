// What is behind a Call of sluice/server/call.h.
#pragma once

#include <utility>

#include "sluice/server/call.h"
#include "tools/server/api/server_parts.h"

namespace sluice::server {

struct Call::Impl {
  Impl(api::ServerParts& the_parts, api::CallPtr the_call)
      : parts(the_parts), call(std::move(the_call)) {}

  api::ServerParts& parts;
  const api::CallPtr call;
};

}  // namespace sluice::server
