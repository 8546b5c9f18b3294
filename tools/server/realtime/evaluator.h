// Whether a subscriber may be told of an event, and the text it is told (S-102).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "sluice/binder.h"
#include "sluice/record_view.h"
#include "tools/server/realtime/identity.h"
#include "tools/server/realtime/topic.h"
#include "tools/server/records/caller.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/old_rows.h"
#include "tools/server/store/snapshot.h"
#include "tools/server/writes/save.h"

namespace sluice::realtime {

// S-101: `posts/*` asks for the list rule, `posts/ID` for the view rule.
enum class RuleKind : std::uint8_t { kList, kView };

// What all that are told the same have in common.
struct Audience {
  RuleKind rule = RuleKind::kList;
  const Topic& topic;
  const Identity* identity = nullptr;  // null: guests
};

// Of the events of one transaction. Reads the database by its own snapshot,
// which it keeps. One thread.
class Evaluator {
 public:
  // All outlive the evaluator; the events' records point into `snapshot`.
  Evaluator(const store::Snapshot& snapshot, store::Connection& connection,
            const std::vector<writes::Event>& events);
  ~Evaluator();

  // `{"record":{…},"action":"create"}`, or nothing for who may not know, whose
  // filter does not match, and where anything fails (F-125).
  std::optional<std::string> DataFor(const writes::Event& event, const Audience& audience);

 private:
  struct Rows;
  // The first and the last event of a record in the transaction.
  struct Span {
    const writes::Event* first = nullptr;
    const writes::Event* last = nullptr;
  };

  // Queries of the database see it as it was before the events, or as it is.
  bool ShowBefore(bool before);
  // The record as callers know it: of a delete as it was before the
  // transaction, else as the transaction leaves it. Null when it was not there.
  const writes::Record* KnownRecord(const writes::Event& event) const;
  bool Allowed(const records::Caller& caller, const writes::Event& event, RuleKind kind);
  bool Wanted(const records::Caller& caller, const writes::Event& event, std::string_view filter);
  bool Matches(const records::Caller& caller, const writes::Event& event, const Query& query,
               BindMode mode);

  const store::Snapshot& snapshot_;
  store::Connection& connection_;
  const std::vector<writes::Event>& events_;
  absl::flat_hash_map<std::string, Span> spans_;  // by collection and id; of several events only
  std::unique_ptr<store::ReadSnapshot> read_;
  std::unique_ptr<Rows> rows_;
  std::unique_ptr<store::OldRows> old_;  // while the state before is shown
  UnixMillis now_ = 0;
};

}  // namespace sluice::realtime
