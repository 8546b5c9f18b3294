// A collection as the API shows it (S-46).
#pragma once

#include <string>

#include "boost/json/value.hpp"

#include "sluice/schema.h"

namespace sluice::collections {

// Appends the collection's object: fixed key order, fields with sorted keys
// and their defaults filled in (S-20), secrets removed.
void AppendCollection(std::string& out, const Collection& collection);

// Appends the value with its keys in the order they have: the options of a
// collection are stored and shown so (S-23). Recurses as deep as the value.
void AppendOrdered(std::string& out, const boost::json::value& value);

}  // namespace sluice::collections
