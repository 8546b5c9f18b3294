// Files of views lie with the records that the views show (S-68).
#pragma once

#include <string>
#include <string_view>

#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::api {

struct FileOwner {
  std::string collection_id;
  std::string record_id;
};

// The first record of the field's original collection that names the file; the
// way there leads through at most five views. kNotFound when there is none.
StatusOr<FileOwner> OwnerOfViewFile(const Schema& schema, store::Connection& connection,
                                    const Field& field, const Collection& view,
                                    std::string_view name);

}  // namespace sluice::api
