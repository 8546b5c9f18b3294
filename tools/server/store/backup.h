// Copies of a database that is in use (S-124): by SQLite's online backup, never
// by reading its file.
#pragma once

#include <string>

#include "sluice/status.h"

namespace sluice::store {

// The database at `path` as it is now, as a new file `target`. Writes go on
// meanwhile and are not in the copy. kFailedPrecondition with SQLite's text.
Status CopyDatabase(const std::string& path, const std::string& target);

}  // namespace sluice::store
