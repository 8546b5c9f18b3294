// Whether a subscriber may be told of an event, and the text it is told (S-102).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/binder.h"
#include "sluice/record_view.h"
#include "tools/server/realtime/identity.h"
#include "tools/server/realtime/topic.h"
#include "tools/server/records/caller.h"
#include "tools/server/store/connection.h"
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

  bool Allowed(const records::Caller& caller, const writes::Event& event, RuleKind kind);
  bool Wanted(const records::Caller& caller, const writes::Event& event, std::string_view filter);
  bool Matches(const records::Caller& caller, const writes::Event& event, const Query& query,
               BindMode mode);

  const store::Snapshot& snapshot_;
  store::Connection& connection_;
  const std::vector<writes::Event>& events_;
  std::unique_ptr<store::ReadSnapshot> read_;
  std::unique_ptr<Rows> rows_;
  UnixMillis now_ = 0;
};

}  // namespace sluice::realtime
