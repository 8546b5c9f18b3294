// A collection as the API shows it (S-46).
#pragma once

#include <string>

#include "sluice/schema.h"

namespace sluice::collections {

// Appends the collection's object: fixed key order, fields with sorted keys
// and their defaults filled in (S-20), secrets removed.
void AppendCollection(std::string& out, const Collection& collection);

}  // namespace sluice::collections
