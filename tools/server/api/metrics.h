// Figures for the operator, at an address of their own.
#pragma once

#include <memory>

#include "tools/server/http/router.h"

namespace sluice::api {

struct ServerParts;

// Answers GET /metrics, and nothing else. `parts` outlives it; it reads counters,
// and locks queues for the moment of looking.
std::shared_ptr<http::Router> MetricsRouter(ServerParts& parts);

}  // namespace sluice::api
