// How long the statements of a request take.
#pragma once

#include <vector>

#include "tools/cli/advise_requests.h"

namespace sluice::cli {

// Milliseconds of each statement: the median of some runs after a first one, of
// fewer where they are slow. A statement is stopped after ten seconds, which then
// count; a count that the page before it makes needless takes none.
StatusOr<std::vector<double>> TimeStatements(store::Connection& connection,
                                             const AskedStatements& asked);

}  // namespace sluice::cli
