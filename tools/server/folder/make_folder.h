// A data folder from nothing, such as the peer would make and open (S-10 to
// S-26).
#pragma once

#include <string>

#include "sluice/status.h"
#include "tools/server/settings/seal.h"

namespace sluice::folder {

// Makes sure that `path` is a data folder: does nothing when it holds a
// data.db, else makes the folder with both databases. They are written under
// other names and take their own at the end, data.db last: a process that is
// killed leaves no half of a folder. With a key the settings are encrypted.
//
// Fails with a message for a person; a folder that holds other things is left
// alone. Two processes may call it at once: one makes the folder, both use it.
StatusOr<bool> EnsureFolder(const std::string& path, const settings::SealKey& key);

}  // namespace sluice::folder
