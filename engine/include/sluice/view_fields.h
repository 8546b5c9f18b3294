// The fields of a view, inferred from its SELECT list (S-32, R-134).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/schema.h"
#include "sluice/status.h"

namespace sluice {

// One field per selected column, in order; clones have the source's options in
// `options_json` and no id yet (the caller gives ids). Names and shapes that
// the peer refuses fail with its text (S-33): kInvalidArgument, message only.
// `schema` knows the collections that the query may name.
StatusOr<std::vector<Field>> InferViewFields(std::string_view query, const Schema& schema);

// Trimmed of white space and semicolons at its ends, as it is stored (S-31).
std::string NormalizeViewQuery(std::string_view query);

}  // namespace sluice
