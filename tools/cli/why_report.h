// What `sluice why` finds out, and its two printed forms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/why_clauses.h"

namespace sluice::cli {

// The clauses of one text pair (a rule, and for lists a filter) on one record.
struct WhyRule {
  std::string name;    // `viewRule`
  std::string rule;    // its text; empty: everyone
  std::string filter;  // beside it
  bool holds = false;
  Clause clauses;
  std::vector<ClauseRow> rows;  // the combination that is shown
  std::uint64_t combinations = 0;
  bool complete = true;
};

// A field that the answer leaves out, or a mistake in a value that was sent.
struct WhyField {
  std::string field;
  std::string why;
};

struct WhyReport {
  std::string caller;
  std::string action;
  std::string record;  // `posts/p1`
  bool allowed = false;
  int status = 200;     // of the answer
  std::string because;  // one sentence
  std::optional<WhyRule> rule;
  std::vector<WhyField> mistakes;   // beyond the rule: what validation refuses
  std::vector<WhyField> not_shown;  // of a record that is seen
};

std::string ToText(const WhyReport& report);
std::string ToJson(const WhyReport& report);

}  // namespace sluice::cli
