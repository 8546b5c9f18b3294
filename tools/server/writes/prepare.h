// A create, update or delete up to the point where the row is written: rules,
// forms and validators in the order of R-12. Reads only.
#pragma once

#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/fields/apply.h"
#include "tools/server/records/caller.h"
#include "tools/server/writes/passwords.h"
#include "tools/server/writes/record.h"

namespace sluice::writes {

// What came. The body of `caller.request` is not looked at: rules see what
// `submission` becomes.
struct WriteInput {
  const records::Caller& caller;
  const Collection& collection;
  const fields::Submission& submission;
  PasswordWork& passwords;
  // On create: a password that nobody knows, of which no rule is asked.
  bool random_password = false;
  // On create, may be null: the id where none is given; what it is afterwards.
  std::string* new_id = nullptr;
};

// Lays what was submitted over the record, by the caller's rights; what rules
// see of it.
fields::Applied LaySubmission(Record& record, const WriteInput& input);

// The virtual row of R-115, of which a create rule is asked: what was
// submitted, nothing generated yet.
RecordColumns VirtualRow(const Record& record);

// 403 where the rule is locked and the caller no superuser; asked before files
// are looked at.
Status RequireRule(const records::Caller& caller, const store::ParsedRule& rule);

// A checked record, ready for SaveRecord. When `passwords.lacks()` afterwards,
// the outcome counts for nothing, failures included.
StatusOr<Record> PrepareCreate(const WriteInput& input);
StatusOr<Record> PrepareUpdate(const WriteInput& input, std::string_view id);

// The stored record, when its delete rule holds. `caller.request.body` is the
// body as parsed.
StatusOr<Record> PrepareDelete(const records::Caller& caller, const Collection& collection,
                               std::string_view id);

}  // namespace sluice::writes
