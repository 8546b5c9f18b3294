// What `sluice explain` finds out about a query, and its two printed forms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/plan.h"
#include "sluice/sql.h"
#include "tools/server/records/plan_cost.h"
#include "tools/server/store/query_cost.h"

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

// A table or view that the query reads.
struct ReadTable {
  std::string path;  // in the filter's words
  std::string collection;
  store::TableRows rows;
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
  // How SQLite is to find what is asked of back-relations; for the page, for the
  // total.
  std::vector<ExistsChoice> choices;
  std::vector<ExistsChoice> count_choices;
  std::vector<std::string> query_plan;  // SQLite's own
  std::vector<std::string> indexes_used;
  std::vector<MissingIndex> indexes_missing;
  std::vector<ReadTable> tables;
  records::PlanCost cost;
  store::StatementWork work;
  std::int64_t rows = 0;
  double milliseconds = 0;
  std::int64_t total = 0;
  double total_milliseconds = 0;
  unsigned stopped_after = 0;  // seconds; what was run says nothing then
};

std::string ToText(const ExplainReport& report);
std::string ToJson(const ExplainReport& report);

}  // namespace sluice::cli
