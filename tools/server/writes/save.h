// Records are stored and removed, inside of a transaction of the writer, with
// all that hangs on them (R-61 to,
// No rule is asked here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/status.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/snapshot.h"
#include "tools/server/writes/record.h"

namespace sluice::writes {

enum class Action : std::uint8_t { kCreate, kUpdate, kDelete };

// What happened to one record, for those who are told after the commit.
struct Event {
  Action action = Action::kCreate;
  Record record;  // as it is now; of a deleted one as it was
};

// A file of a record. An empty name means all of them but `kept`: the record
// may have been made again at once.
struct StoredFile {
  std::string collection_id;
  std::string record_id;
  std::string name;
  std::vector<std::string> kept = {};
};

// What is to be done once the transaction has ended.
struct Effects {
  std::vector<Event> events;              // after the commit, in order
  std::vector<StoredFile> removed_files;  // after the commit
};

// Where a write works. A job may run more than once: `effects` starts empty.
struct Scope {
  std::shared_ptr<const store::Snapshot> snapshot;  // the newest
  store::Connection& connection;
  Effects& effects;

  const Schema& schema() const { return *snapshot->schema; }
};

// The field validators and those of system collections, of a
// record that is complete (Generate was called for a new one). A mistake is a
// status of MakeStatus with `Failed to create record.` or `Failed to update
// record.` and all errors. Reads only.
Status CheckRecord(const store::Snapshot& snapshot, store::Connection& connection,
                   const Record& record);

// Inserts or updates the row, with autodates and the side effects of R-106 and
// R-107; then `record` is what is stored. Constraint failures become the
// answers of. Does not check.
Status SaveRecord(Scope& scope, Record& record);

// CheckRecord and SaveRecord.
Status CheckAndSave(Scope& scope, Record& record);

// Deletes the row and what cascades. Any failure but an
// explicit one is the 400 of R-125.
Status DeleteRecord(Scope& scope, const Record& record);

// Deletes all records of a collection, one after the other as DeleteRecord
// does (S-55).
Status DeleteAllRecords(Scope& scope, const Collection& collection);

}  // namespace sluice::writes
