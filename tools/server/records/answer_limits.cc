// Tested by tests/server/records_answer_limits_test.cc.
#include "tools/server/records/answer_limits.h"

#include <cstdio>

#include "absl/strings/cord.h"

#include "tools/server/http/api_error.h"

namespace sluice::records {
namespace {

constexpr char kMark[] = "sluice/answer_limit";

Status LimitStatus(std::string message) {
  Status status = http::MakeStatus({.status = 400, .message = std::move(message)});
  status.SetPayload(kMark, absl::Cord());
  return status;
}

}  // namespace

Status AnswerTooLong(const AnswerLimits& limits) {
  return LimitStatus("The answer would be longer than the " + std::to_string(limits.bytes_max) +
                     " bytes that one may have. Ask for fewer records or expands.");
}

Status TooManyExpanded(const AnswerLimits& limits) {
  return LimitStatus("The expands of this request lead to more than the " +
                     std::to_string(limits.expanded_max) +
                     " records that one answer may load. Ask for fewer records or expands.");
}

Status TooCostly(double cost_max) {
  char number[32];
  std::snprintf(number, sizeof number, "%.0f", cost_max);
  return LimitStatus(std::string("By estimate this would look at rows more often than the ") +
                     number +
                     " times that one request may. Follow fewer relations, back-relations and "
                     "collections at once.");
}

bool IsAnswerLimit(const Status& status) { return status.GetPayload(kMark).has_value(); }

}  // namespace sluice::records
