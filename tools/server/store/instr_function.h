// instr() for SQLite, which otherwise compares at each place of the text.
#pragma once

struct sqlite3;

namespace sluice::store {

// Puts ours in the place of SQLite's instr(TEXT, PART), with the same answers.
// Lists filtered by one element of a multiple field look for it by instr in
// every row first (sqlgen/README.md).
void RegisterInstr(sqlite3* handle);

}  // namespace sluice::store
