// Which indexes make requests faster, by trying them on a copy.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/cli/advise_requests.h"

namespace sluice::cli {

struct ServedRequest {
  std::size_t request = 0;  // its place in the list
  double before = 0;        // milliseconds, with the advice that stands above
  double after = 0;
};

// Indexes that serve together, mostly one: SQLite reads `a = 1 || b = 2` by two
// or by none.
struct Advice {
  std::vector<IndexCandidate> indexes;
  std::vector<ServedRequest> serves;  // what saves most first
  double saved = 0;                   // milliseconds of all requests together, by their times
  std::int64_t bytes = 0;
  double insert_before = 0;  // microseconds a row, of all their tables
  double insert_after = 0;
  std::vector<std::string> superseded;  // indexes that could go then
};

struct Advised {
  std::vector<Advice> advice;  // what saves most first
  double total = 0;            // milliseconds of all requests, by their times, as they are
  std::size_t tried = 0;       // indexes, or several together
  // What takes longest and no index would help, by the time of all; up to three.
  std::vector<ServedRequest> unhelped;
};

// Measures `requests` as they are, then with each index that SQLite would use for
// one of them, and chooses what saves most, again and again until no index that
// is left makes any request a fifth faster. At most `advice_max`. A statement is
// stopped after ten seconds, which then count.
StatusOr<Advised> MeasureIndexes(RequestBinder& binder, store::TrialDatabase& rows,
                                 const std::vector<AskedRequest>& requests, std::size_t advice_max,
                                 const std::function<void(const std::string&)>& progress);

// Those of `candidates` that SQLite would look rows of the statements up by, were
// they all there; `planned` is a database without rows. `statements` gives the
// texts for a schema.
StatusOr<std::vector<IndexCandidate>> WouldUse(
    store::TrialDatabase& planned, const Schema& schema,
    const std::vector<IndexCandidate>& candidates,
    const std::function<StatusOr<std::vector<std::string>>(const Schema&)>& statements);

}  // namespace sluice::cli
