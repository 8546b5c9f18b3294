#include "tools/cli/explain_report.h"

#include <algorithm>
#include <cstdio>

#include "tools/server/json/json_text.h"

namespace sluice::cli {
namespace {

void Section(std::string& out, std::string_view title, std::string_view body) {
  if (body.empty()) return;
  out += title;
  out += '\n';
  std::size_t begin = 0;
  while (begin < body.size()) {
    const std::size_t end = std::min(body.find('\n', begin), body.size());
    out += "  ";
    out += body.substr(begin, end - begin);
    out += '\n';
    begin = end + 1;
  }
  out += '\n';
}

std::string Milliseconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

void Member(std::string& out, std::string_view key, std::string_view text) {
  if (out.back() != '{') out += ',';
  json::AppendString(out, key);
  out += ':';
  json::AppendString(out, text);
}

template <typename Items, typename Append>
void List(std::string& out, std::string_view key, const Items& items, const Append& append) {
  out += ',';
  json::AppendString(out, key);
  out += ":[";
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    append(item);
  }
  out += ']';
}

// `posts: 100000 rows`, `comments, for comments_via_post: more than 1000000 rows`.
std::string Sizes(const ExplainReport& report) {
  std::string lines;
  for (const ReadTable& table : report.tables) {
    lines += table.collection;
    if (table.path != table.collection) lines += ", for " + table.path;
    lines += std::string(": ") + (table.rows.more ? "more than " : "") +
             std::to_string(table.rows.rows) + " rows" +
             (table.rows.estimated ? " by the statistics\n" : "\n");
  }
  return lines;
}

std::string Looks(double looks) {
  char text[32];
  std::snprintf(text, sizeof text, looks < 1e6 ? "%.0f" : "%.1e", looks);
  return text;
}

// `comments_via_post: a list; no statistics: by rule`.
std::string Choices(const ExplainReport& report) {
  std::string lines;
  for (const ExistsChoice& choice : report.choices) lines += choice.path + ": " + choice.why + "\n";
  for (const ExistsChoice& choice : report.count_choices)
    lines += choice.path + ", for the total: " + choice.why + "\n";
  return lines;
}

std::string_view Name(ExistsSpelling spelling) {
  switch (spelling) {
    case ExistsSpelling::kProbes:
      return "looks";
    case ExistsSpelling::kList:
      return "list";
    case ExistsSpelling::kTestedList:
      return "tested list";
  }
  return "";
}

// `2.0e+10 looks at a row for all rows and their number, 30 for the first page alone; 2 tables
// joined`.
std::string Estimate(const ExplainReport& report) {
  return Looks(report.cost.For(-1)) + " looks at a row for all rows and their number, " +
         Looks(report.cost.For(30)) + " for the first page alone; " + Looks(report.cost.joins) +
         (report.cost.joins == 1 ? " table" : " tables") +
         " joined\n(what `sluice serve --max-cost` refuses requests by)";
}

std::string Work(const ExplainReport& report) {
  if (report.stopped_after > 0)
    return "stopped after " + std::to_string(report.stopped_after) + " s (--queryTimeout)";
  const store::StatementWork& work = report.work;
  std::string text = std::to_string(report.rows) + " rows of the first page in " +
                     Milliseconds(report.milliseconds) + " ms; " +
                     std::to_string(work.rows_scanned) + " rows stepped over without an index, " +
                     std::to_string(work.sorts) + " sorts, ";
  if (work.indexes_built > 0)
    text += std::to_string(work.indexes_built) + " rows put into an index for this once, ";
  return text + std::to_string(work.steps) + " steps\n" + "the total, " +
         std::to_string(report.total) + ", in " + Milliseconds(report.total_milliseconds) + " ms";
}

}  // namespace

std::string ToText(const ExplainReport& report) {
  std::string out;
  Section(out, "collection", report.collection);
  Section(out, "rule", report.rule);
  Section(out, "filter", report.filter);
  Section(out, "tree", report.filter_ast);
  Section(out, "sort", report.sort);
  Section(out, "expand", report.expand);
  Section(out, "fields", report.fields);
  Section(out, "plan as bound", report.bound_plan);
  std::string passes;
  for (const AppliedPass& pass : report.passes) passes += pass.name + ": " + pass.detail + "\n";
  Section(out, "laws applied", passes);
  Section(out, "plan", report.plan);
  for (const StatementReport& statement : report.statements) {
    std::string body = statement.text + "\n";
    for (std::size_t i = 0; i < statement.parameters.size(); ++i)
      body += std::to_string(i + 1) + ": " + statement.parameters[i] + "\n";
    Section(out, statement.dialect, body);
  }
  Section(out, "back-relations", Choices(report));
  std::string lines;
  for (const std::string& line : report.query_plan) lines += line + "\n";
  Section(out, "SQLite's query plan", lines);
  lines.clear();
  for (const std::string& name : report.indexes_used) lines += name + "\n";
  Section(out, "indexes used", lines.empty() ? "none" : lines);
  lines.clear();
  for (const MissingIndex& index : report.indexes_missing)
    lines += index.create + "\n  " + index.why + "\n";
  if (!report.indexes_missing.empty())
    lines += "(by SQLite's planner; `sluice advise` measures what they save)\n";
  Section(out, "indexes that would help", lines.empty() ? "none" : lines);
  Section(out, "tables", Sizes(report));
  Section(out, "estimate", Estimate(report));
  Section(out, "measured", Work(report));
  return out;
}

std::string ToJson(const ExplainReport& report) {
  std::string out = "{";
  Member(out, "collection", report.collection);
  Member(out, "rule", report.rule);
  Member(out, "filter", report.filter);
  Member(out, "tree", report.filter_ast);
  Member(out, "sort", report.sort);
  Member(out, "expand", report.expand);
  Member(out, "fields", report.fields);
  Member(out, "boundPlan", report.bound_plan);
  Member(out, "plan", report.plan);
  const auto text = [&out](const std::string& item) { json::AppendString(out, item); };
  List(out, "passes", report.passes, [&out](const AppliedPass& pass) {
    out += '{';
    Member(out, "name", pass.name);
    Member(out, "detail", pass.detail);
    out += '}';
  });
  List(out, "statements", report.statements, [&](const StatementReport& statement) {
    out += '{';
    Member(out, "dialect", statement.dialect);
    Member(out, "sql", statement.text);
    List(out, "parameters", statement.parameters, text);
    out += '}';
  });
  const auto choice = [&out](const ExistsChoice& item) {
    out += '{';
    Member(out, "path", item.path);
    Member(out, "chosen", Name(item.spelling));
    Member(out, "why", item.why);
    out += '}';
  };
  List(out, "backRelations", report.choices, choice);
  List(out, "backRelationsOfTotal", report.count_choices, choice);
  List(out, "queryPlan", report.query_plan, text);
  List(out, "indexesUsed", report.indexes_used, text);
  List(out, "indexesMissing", report.indexes_missing, [&out](const MissingIndex& index) {
    out += '{';
    Member(out, "why", index.why);
    Member(out, "create", index.create);
    out += '}';
  });
  List(out, "tables", report.tables, [&out](const ReadTable& table) {
    out += '{';
    Member(out, "collection", table.collection);
    Member(out, "path", table.path);
    out += ",\"rows\":" + std::to_string(table.rows.rows) +
           ",\"estimated\":" + (table.rows.estimated ? "true" : "false") +
           ",\"more\":" + (table.rows.more ? "true" : "false") + "}";
  });
  out += ",\"estimate\":" + Looks(report.cost.For(-1)) +
         ",\"estimateFirstPage\":" + Looks(report.cost.For(30)) +
         ",\"joins\":" + Looks(report.cost.joins) +
         ",\"rowsScanned\":" + std::to_string(report.work.rows_scanned) +
         ",\"sorts\":" + std::to_string(report.work.sorts) +
         ",\"steps\":" + std::to_string(report.work.steps) +
         ",\"rows\":" + std::to_string(report.rows) +
         ",\"milliseconds\":" + Milliseconds(report.milliseconds) +
         ",\"total\":" + std::to_string(report.total) +
         ",\"totalMilliseconds\":" + Milliseconds(report.total_milliseconds) +
         ",\"stoppedAfter\":" + std::to_string(report.stopped_after) + "}\n";
  return out;
}

}  // namespace sluice::cli
