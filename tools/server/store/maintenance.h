// The care that a database needs now and then (S-11).
#pragma once

#include <string>

#include "sluice/status.h"

namespace sluice::store {

// Copies the log into the database and empties its file; with `optimize`, lets
// SQLite look after its statistics.
Status CareFor(const std::string& path, bool optimize);

}  // namespace sluice::store
