// Tested by tests/server/cli_advise_test.cc.
#include "tools/cli/query_plan.h"

#include <algorithm>
#include <map>

namespace sluice::cli {
namespace {

// What stands behind `INDEX ` in a line; none of SQLite's own making.
std::string_view IndexIn(std::string_view line) {
  const std::size_t at = line.find("INDEX ");
  if (at == std::string_view::npos || line.find("AUTOMATIC") != std::string_view::npos ||
      line.find("VIRTUAL TABLE") != std::string_view::npos)
    return {};
  return line.substr(at + 6, line.find(' ', at + 6) - at - 6);
}

}  // namespace

StatusOr<std::vector<std::string>> QueryPlan(store::Connection& connection,
                                             const std::string& statement) {
  std::vector<std::string> lines;
  std::map<std::int64_t, int> depth_of;
  SLUICE_ASSIGN_OR_RETURN(store::Statement * prepared,
                          connection.Prepare("EXPLAIN QUERY PLAN " + statement));
  const store::StatementUse use(prepared);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    if (!row) return lines;
    const auto parent = depth_of.find(use->Column(1).integer);
    const int depth = parent == depth_of.end() ? 0 : parent->second + 1;
    depth_of[use->Column(0).integer] = depth;
    lines.push_back(std::string(static_cast<std::size_t>(depth) * 2, ' ') +
                    std::string(use->Column(3).text));
  }
}

std::vector<std::string> IndexesUsed(const std::vector<std::string>& query_plan) {
  std::vector<std::string> names;
  for (const std::string& line : query_plan) {
    const std::string name(IndexIn(line));
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  }
  return names;
}

bool IsLookedUpBy(const std::vector<std::string>& query_plan, std::string_view index) {
  return std::any_of(query_plan.begin(), query_plan.end(), [&](const std::string& line) {
    if (IndexIn(line) != index) return false;
    return line.find("SEARCH ") != std::string::npos ||
           line.find("USING COVERING INDEX") == std::string::npos;
  });
}

}  // namespace sluice::cli
