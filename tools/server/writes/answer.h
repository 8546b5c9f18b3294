// The answer to a write: the record as it is in memory.
#pragma once

#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/records/answer_limits.h"
#include "tools/server/records/caller.h"
#include "tools/server/records/record_json.h"
#include "tools/server/writes/record.h"

namespace sluice::writes {

struct AnswerParams {
  std::string_view expand;
  std::string_view fields;
  records::AnswerLimits limits = {};
  bool plain_passwords = false;  // R-160 row 2
  bool always_show_email = false;
  records::CollectionKeys keys = records::CollectionKeys::kPlain;
};

// Whether the answer can be made without the database.
bool NeedsDatabase(const records::Caller& caller, const Record& record, const AnswerParams& params);

// The record object, without a newline; expanded, emails as R-26 says. `fields`
// is not applied. Beyond a limit it comes without expansions: what is written is
// written.
StatusOr<std::string> RecordObject(const records::Caller& caller, const Record& record,
                                   const AnswerParams& params);

}  // namespace sluice::writes
