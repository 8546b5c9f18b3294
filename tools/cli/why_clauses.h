// What became of a rule on one record, as a tree of clauses for people and
// programs: the trace of the plan, put back into the words of the text.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/binder.h"
#include "sluice/trace.h"

namespace sluice::cli {

enum class ClauseKind : std::uint8_t {
  kAll,           // every term must hold
  kAny,           // one term must
  kComparison,    // as written; its terms are the parts that were not
  kEveryValue,    // no value of a path with many may object (F-59)
  kEmailVisible,  // a filter by email finds visible ones only (F-114)
  kListRule,      // rows behind a filter's path must be listable (F-116)
  kNoRow,         // or there is no such row
};

// One side of a comparison.
struct ClauseSide {
  std::string text;     // as written
  Value value;          // as it was compared
  bool secret = false;  // a password or token key: not to be shown
};

// A related row, or an element of a list, that was looked at.
struct ClauseRow {
  std::string path;
  std::string record;  // `users/u1`; empty for an element or where there is none
  bool none = false;
  Value element;
};

struct Clause {
  ClauseKind kind = ClauseKind::kAll;
  std::string source;  // whose text: `rule`, `filter`, `listRule of users`
  std::string text;
  Span span;          // in that text
  bool seen = false;  // false: it had no say
  Truth truth = Truth::kUnknown;
  bool has_sides = false;
  ClauseSide left;
  ClauseSide right;
  std::array<std::uint64_t, 3> counts{};  // over all combinations of rows, by Truth
  std::vector<ClauseRow> rows;            // kEveryValue: which value objects
  std::vector<Clause> terms;
};

struct ClauseTexts {
  std::string_view rule;
  std::string_view filter;
};

Clause MakeClauses(const Plan& plan, const Trace& trace, const std::vector<CondPlace>& places,
                   const ClauseTexts& texts);
std::vector<ClauseRow> MakeRows(const Plan& plan, const std::vector<TracedRow>& rows);

}  // namespace sluice::cli
