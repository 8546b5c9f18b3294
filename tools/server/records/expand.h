// Expansions: each path segment is followed once for all records of a page.
#pragma once

#include <vector>

#include "sluice/ast.h"
#include "tools/server/records/answer_limits.h"
#include "tools/server/records/loaded_record.h"

namespace sluice::records {

// Fills `expand` of the records (all of one collection) by F-158 to F-169. A
// path that fails is left out, as the peer does; only a limit that is passed is an
// error, of IsAnswerLimit. The related collections' view rules hold, in the context `expand`.
// `picked` is what `fields` will leave of the records; what nobody sees may be left
// out. What is found is kept in `loaded`; it, the records and `paths` outlive the
// use of the records' expansions.
Status ExpandRecords(const Caller& caller, const Collection& collection,
                     const std::vector<LoadedRecord*>& records, const ExpandList& paths,
                     const FieldList& picked, const AnswerLimits& limits, LoadedRecords& loaded);

}  // namespace sluice::records
