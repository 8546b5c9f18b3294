// Names of files of records.
#pragma once

#include <string>
#include <string_view>

namespace sluice::files {

// The name a file is stored by: what is left of the client's name, ten random
// characters, and an ending (R-88, S-61). `client_name` may hold any bytes; the
// result holds nothing but [A-Za-z0-9_.*+=#-], so it is one safe path segment
// of at most 150 bytes. `head`: the first kSniffedBytes of the content, which
// give the ending where the name has none.
//
// A name that ends in `.attrs` comes out like any other and is refused by
// FileStore::Put (S-59).
std::string StoredName(std::string_view client_name, std::string_view head);

// StoredName without the two random parts of its own: for tests.
struct NameParts {
  std::string base;  // may be shorter than 3, even empty
  std::string extension;
};
NameParts SplitName(std::string_view client_name, std::string_view head);

}  // namespace sluice::files
