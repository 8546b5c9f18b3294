// LIKE with ESCAPE, for a connection.
#pragma once

struct sqlite3;

namespace sluice::store {

// Puts our matcher in the place of SQLite's, whose time is the text's length
// times the pattern's (security.md A18). The answers are the same. LIKE without
// ESCAPE, which only queries of views have, stays SQLite's.
void RegisterLike(sqlite3* handle);

}  // namespace sluice::store
