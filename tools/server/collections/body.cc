#include "tools/server/collections/body.h"

#include "tools/server/http/body.h"

namespace sluice::collections {

StatusOr<Body> ReadTypedBody(const http::Request& request) {
  SLUICE_ASSIGN_OR_RETURN(http::RequestBody read, http::ReadBody(request));
  const bool json =
      request.headers.Find("Content-Type").value_or("").starts_with("application/json");
  return Body{std::move(read.values),
              json || !request.has_body ? BodyKind::kJson : BodyKind::kForm};
}

}  // namespace sluice::collections
