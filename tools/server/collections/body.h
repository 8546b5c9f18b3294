// Bodies of the collections API (S-84).
#pragma once

#include "boost/json/object.hpp"

#include "sluice/status.h"
#include "tools/server/collections/typed_json.h"
#include "tools/server/http/message.h"

namespace sluice::collections {

struct Body {
  boost::json::object values;
  BodyKind kind = BodyKind::kJson;
};

// Fails when the body cannot be read; the text to answer is the caller's.
StatusOr<Body> ReadTypedBody(const http::Request& request);

}  // namespace sluice::collections
