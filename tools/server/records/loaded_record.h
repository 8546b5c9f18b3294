// Records held while their emails and expansions are worked out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/server/records/caller.h"
#include "tools/server/records/record_json.h"

namespace sluice::records {

struct LoadedRecord;
using RecordPtr = std::shared_ptr<LoadedRecord>;

// One value of a record's `expand`.
struct Expansion {
  bool single = false;
  std::vector<RecordPtr> records;
};

struct LoadedRecord {
  const Collection* collection = nullptr;
  std::string id;
  std::string text;  // rendered, without email when that is undecided
  Insertions places;
  std::string email;  // `"email":"…",` where only a manage rule may show it
  bool show_email = false;
  // Stored values of the relation fields, by field name.
  std::vector<std::pair<std::string_view, std::string>> relations;
  bool has_expand = false;  // F-165
  std::map<std::string, Expansion> expand;
};

// Reads the current row.
StatusOr<RecordPtr> LoadRecord(const Caller& caller, const RecordShape& shape,
                               const store::Statement& row);

// Decides the emails that only a manage rule can show: one query for
// all records of a collection.
void ApplyManageRule(const Caller& caller, const Collection& collection,
                     const std::vector<RecordPtr>& records);

// Appends the record with its email and expansions in place. False when `out`
// would grow beyond `bytes_max`: shared expansions are written again each time.
bool AppendLoaded(std::string& out, const LoadedRecord& record, std::size_t bytes_max);

// Whether the caller sees every email of `collection` there is (R-26 apart
// from the row's own flags).
bool SeesAllEmails(const Caller& caller);

// Whether rows of the collection must be loaded before their emails can be
// decided.
bool NeedsManageRule(const Caller& caller, const Collection& collection);

// Email of the current row by its own flags: visible, or the caller's own.
EmailMode EmailModeOf(const Caller& caller, const RecordShape& shape, const store::Statement& row);

}  // namespace sluice::records
