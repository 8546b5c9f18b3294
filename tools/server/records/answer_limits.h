// How much one answer may hold in memory, and how much its expands may load.
#pragma once

#include <cstddef>

#include "sluice/status.h"

namespace sluice::records {

// One request is not to take the memory of all. The defaults are beyond what the
// peer can build within its 30 seconds.
struct AnswerLimits {
  // Text of all records, those that are held and what is written of them.
  std::size_t bytes_max = std::size_t{2} << 30;
  // Records that all expand paths load.
  std::size_t expanded_max = 2'000'000;
};

// 400 with the name of the limit and its value.
Status AnswerTooLong(const AnswerLimits& limits);
Status TooManyExpanded(const AnswerLimits& limits);
// Of Snapshot::cost_max. Does not name the estimate, which would tell how large
// tables are.
Status TooCostly(double cost_max);
// Whether a status is one of these.
bool IsAnswerLimit(const Status& status);

}  // namespace sluice::records
