// Expansions: one query per path segment for all records of a page.
#pragma once

#include <vector>

#include "sluice/ast.h"
#include "tools/server/records/answer_limits.h"
#include "tools/server/records/loaded_record.h"

namespace sluice::records {

// Fills `expand` of the records (all of one collection) by F-158 to F-169. A
// path that fails is left out, as the peer does; only a limit that is passed is an
// error, of IsAnswerLimit. The related collections' view rules hold, in the context `expand`.
Status ExpandRecords(const Caller& caller, const Collection& collection,
                     const std::vector<RecordPtr>& records, const ExpandList& paths,
                     const AnswerLimits& limits);

}  // namespace sluice::records
