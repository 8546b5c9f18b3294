// Records held while their emails and expansions are worked out.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"

#include "tools/server/records/caller.h"
#include "tools/server/records/record_json.h"

namespace sluice::records {

struct LoadedRecord;

// One value of a record's `expand`.
struct Expansion {
  std::string_view key;
  bool single = false;
  absl::InlinedVector<const LoadedRecord*, 1> records;
};

// Its texts are kept by LoadedRecords.
struct LoadedRecord {
  std::string_view id;
  std::string_view text;  // rendered, without email when that is undecided
  Insertions places;
  std::string_view email;  // `"email":"…",` where only a manage rule may show it
  bool show_email = false;
  bool has_expand = false;  // F-165
  // Stored values of the relation fields, by field name.
  absl::InlinedVector<std::pair<std::string_view, std::string_view>, 4> relations;
  std::vector<Expansion> expand;  // by key

  // Puts the expansion in the place of another one with its key, or adds it.
  void SetExpansion(Expansion expansion);
};

// The records of one answer, and their texts. What it holds stays where it is.
class LoadedRecords {
 public:
  LoadedRecord& Add() { return records_.emplace_back(); }
  // A copy that lives as long as this.
  std::string_view Keep(std::string_view text);

  // Of all texts that are kept.
  std::size_t bytes() const { return bytes_; }

  // For a text that is kept when it is whole.
  std::string& scratch() {
    scratch_.clear();
    return scratch_;
  }

 private:
  std::deque<LoadedRecord> records_;
  std::string scratch_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

// Reads the current row into `loaded`.
StatusOr<LoadedRecord*> LoadRecord(const Caller& caller, const RecordShape& shape,
                                   const store::Statement& row, LoadedRecords& loaded);

// Decides the emails that only a manage rule can show: one query for
// all records of a collection.
void ApplyManageRule(const Caller& caller, const Collection& collection,
                     const std::vector<LoadedRecord*>& records);

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
