// List and view of records: the JSON body, or the status to answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/schema.h"
#include "tools/server/records/answer_limits.h"
#include "tools/server/records/caller.h"

namespace sluice::records {

// The query parameters of F-5 and F-141, as given; an empty one is absent.
struct ListParams {
  std::string_view filter;
  std::string_view sort;
  std::string_view expand;
  std::string_view fields;
  std::string_view page;
  std::string_view per_page;
  std::string_view skip_total;
  AnswerLimits limits = {};
};

// `page` and `perPage` after clamping, and the OFFSET they make (F-142, F-143).
struct PageParams {
  std::int64_t page = 1;
  std::int64_t per_page = 30;
  bool skip_total = false;
  std::int64_t offset = 0;
};
StatusOr<PageParams> ParsePage(const ListParams& params);

// `,"page":1,"perPage":30,"totalItems":5,"totalPages":1}` and a newline, behind
// the items of a list (F-144).
void AppendEnvelopeEnd(std::string& out, const PageParams& page, std::int64_t total);

// A body ready to send; empty where the peer sends 200 without one (F-152).
StatusOr<std::string> ListRecords(const Caller& caller, const Collection& collection,
                                  const ListParams& params);
StatusOr<std::string> ViewRecord(const Caller& caller, const Collection& collection,
                                 const std::string& id, const ListParams& params);

// `body` with the `fields` parameter applied (F-146 to F-153).
std::string Picked(std::string body, std::string_view fields, bool list_envelope);

}  // namespace sluice::records
