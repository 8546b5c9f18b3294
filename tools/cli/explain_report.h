// What `sluice explain` finds out about a query, and its two printed forms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/plan.h"
#include "sluice/sql.h"
#include "tools/server/store/connection.h"

namespace sluice::cli {

// A statement in one dialect with its parameters shown.
struct StatementReport {
  std::string dialect;
  std::string text;
  std::vector<std::string> parameters;
};

// An index that the database does not have and the query would use.
struct MissingIndex {
  std::string why;
  std::string create;
};

struct ExplainReport {
  std::string collection;
  std::string rule;
  std::string filter;
  std::string filter_ast;
  std::string sort;
  std::string expand;
  std::string fields;
  std::string bound_plan;
  std::string plan;
  std::vector<AppliedPass> passes;
  std::vector<StatementReport> statements;
  std::vector<std::string> query_plan;  // SQLite's own
  std::vector<std::string> indexes_used;
  std::vector<MissingIndex> indexes_missing;
  std::int64_t rows = 0;
  double milliseconds = 0;
};

std::string ToText(const ExplainReport& report);
std::string ToJson(const ExplainReport& report);

// SQLite's plan of `statement` (its parameters are not needed), one line a
// step, indented by depth.
StatusOr<std::vector<std::string>> QueryPlan(store::Connection& connection,
                                             const SqlStatement& statement);

// Names of the indexes that a plan's lines mention.
std::vector<std::string> IndexesUsed(const std::vector<std::string>& query_plan);

// What would spare the scans and sorts that the lines show.
std::vector<MissingIndex> IndexesMissing(const Plan& plan,
                                         const std::vector<std::string>& query_plan);

}  // namespace sluice::cli
