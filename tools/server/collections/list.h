// GET /api/collections and GET /api/collections/{collection} (S-44 to S-46).
#pragma once

#include <string>

#include "tools/server/records/list.h"

namespace sluice::collections {

// The list of collections, by the records' own engine over a fixed list of
// names (F-124). The caller is known to be a superuser.
StatusOr<std::string> ListCollections(const records::Caller& caller,
                                      const records::ListParams& params);

StatusOr<std::string> ViewCollection(const records::Caller& caller, std::string_view id_or_name,
                                     const records::ListParams& params);

}  // namespace sluice::collections
