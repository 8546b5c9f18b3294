// Collections are made, changed, deleted and imported (S-49 to
// S-56). Each call is one transaction of the writer; the snapshot with the
// change is published before it returns. A failing call leaves file and
// snapshot as they were.
//
// The caller is known to be a superuser. Calls block until the writer is done.
#pragma once

#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/http/message.h"
#include "tools/server/store/catalog.h"
#include "tools/server/store/writer.h"

namespace sluice::collections {

// What changes work on; all outlive the call.
struct Workplace {
  store::Catalog& catalog;
  store::Writer& writer;
  const std::string& folder;
};

// The collection as the API shows it, with the `fields` parameter applied.
StatusOr<std::string> CreateCollection(const Workplace& place, const http::Request& request,
                                       std::string_view fields);
StatusOr<std::string> UpdateCollection(const Workplace& place, std::string_view id_or_name,
                                       const http::Request& request, std::string_view fields);

// The id of the collection when it may have files, which are the caller's to
// remove; else empty.
StatusOr<std::string> DeleteCollection(const Workplace& place, std::string_view id_or_name);
Status ImportCollections(const Workplace& place, const http::Request& request);

}  // namespace sluice::collections
