// Parsed JSON as the core takes it.
#pragma once

#include "boost/json/value.hpp"

#include "sluice/request_context.h"

namespace sluice::api {

// All numbers become doubles.
JsonValue ToJsonValue(const boost::json::value& value);

}  // namespace sluice::api
