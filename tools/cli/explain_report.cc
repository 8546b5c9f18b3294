#include "tools/cli/explain_report.h"

#include <algorithm>
#include <cstdio>
#include <map>

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

// The columns of each variable that a conjunct at the top compares with
// something known, the equal ones first: what an index could be looked up by.
class IndexWishes {
 public:
  explicit IndexWishes(const Plan& plan) : plan_(plan) { Walk(plan.condition); }

  const std::vector<std::string>& Of(VarId var) { return columns_[var]; }

 private:
  void Walk(CondId id) {
    const Cond& cond = plan_.conds[id];
    if (const auto* compare = std::get_if<CompareCond>(&cond)) return Compare(*compare);
    if (const auto* exists = std::get_if<ExistsCond>(&cond)) return Walk(exists->condition);
    const auto* junction = std::get_if<JunctionCond>(&cond);
    if (junction == nullptr || junction->op == LogicalOp::kOr) return;
    for (CondId term : junction->terms) Walk(term);
  }

  void Compare(const CompareCond& compare) {
    const bool equal = compare.form == CompareForm::kEqual || compare.form == CompareForm::kIs;
    const bool range =
        compare.form >= CompareForm::kGreater && compare.form <= CompareForm::kLessEqual;
    if (!equal && !range) return;
    for (ExprId side : {compare.left, compare.right}) {
      const auto* column = std::get_if<ColumnExpr>(&plan_.exprs[side]);
      const ExprId other = side == compare.left ? compare.right : compare.left;
      if (column == nullptr || !std::holds_alternative<SlotExpr>(plan_.exprs[other])) continue;
      std::vector<std::string>& list = columns_[column->var];
      if (std::find(list.begin(), list.end(), column->field->name) != list.end()) continue;
      list.insert(equal ? list.begin() : list.end(), column->field->name);
    }
  }

  const Plan& plan_;
  std::map<VarId, std::vector<std::string>> columns_;
};

std::string CreateIndex(const Collection& collection, const std::vector<std::string>& columns) {
  std::string name = "idx_" + collection.name;
  std::string list;
  for (const std::string& column : columns) {
    name += "_" + column;
    list += (list.empty() ? "`" : ", `") + column + "`";
  }
  return "CREATE INDEX `" + name + "` ON `" + collection.name + "` (" + list + ")";
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// `SCAN v3` of a line, as the variable's number.
std::optional<VarId> ScannedVariable(const Plan& plan, std::string_view line) {
  const std::size_t at = line.find("SCAN v");
  const bool automatic = Contains(line, "AUTOMATIC");
  const std::size_t start = at != std::string_view::npos ? at + 6
                            : automatic                  ? line.find("SEARCH v") + 8
                                                         : std::string_view::npos;
  if (start == std::string_view::npos || (at != std::string_view::npos && Contains(line, "USING")))
    return std::nullopt;
  VarId var = 0;
  std::size_t i = start;
  for (; i < line.size() && line[i] >= '0' && line[i] <= '9'; ++i)
    var = var * 10 + static_cast<VarId>(line[i] - '0');
  if (i == start || var >= plan.variables.size() || plan.variables[var].collection == nullptr)
    return std::nullopt;
  return var;
}

}  // namespace

StatusOr<std::vector<std::string>> QueryPlan(store::Connection& connection,
                                             const SqlStatement& statement) {
  std::vector<std::string> lines;
  std::map<std::int64_t, int> depth_of;
  SLUICE_ASSIGN_OR_RETURN(store::Statement * prepared,
                          connection.Prepare("EXPLAIN QUERY PLAN " + statement.text));
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
    const std::size_t at = line.find("INDEX ");
    if (at == std::string::npos || Contains(line, "AUTOMATIC") || Contains(line, "VIRTUAL TABLE"))
      continue;
    std::string name = line.substr(at + 6, line.find(' ', at + 6) - at - 6);
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
  return names;
}

std::vector<MissingIndex> IndexesMissing(const Plan& plan,
                                         const std::vector<std::string>& query_plan) {
  std::vector<MissingIndex> missing;
  IndexWishes wishes(plan);
  const auto add = [&missing](std::string why, std::string create) {
    for (const MissingIndex& known : missing) {
      if (known.create == create) return;
    }
    missing.push_back({std::move(why), std::move(create)});
  };
  for (const std::string& line : query_plan) {
    const std::optional<VarId> var = ScannedVariable(plan, line);
    if (!var) continue;
    const Variable& variable = plan.variables[*var];
    if (variable.collection->is_view()) continue;
    std::vector<std::string> columns;
    if (variable.domain == Domain::kBack) columns.push_back(variable.column);
    for (const std::string& column : wishes.Of(*var)) {
      if (std::find(columns.begin(), columns.end(), column) == columns.end())
        columns.push_back(column);
    }
    if (columns.empty()) continue;
    add("all rows of " + variable.collection->name + " are read for " + variable.path,
        CreateIndex(*variable.collection, columns));
  }
  const bool sorts = std::any_of(query_plan.begin(), query_plan.end(), [](const std::string& line) {
    return Contains(line, "TEMP B-TREE FOR ORDER BY");
  });
  std::vector<std::string> columns = wishes.Of(kBaseVar);
  for (const SortTerm& term : plan.sort) {
    const auto* column = term.kind == SortKind::kExpression
                             ? std::get_if<ColumnExpr>(&plan.exprs[term.expr])
                             : nullptr;
    if (column == nullptr || column->var != kBaseVar) return missing;
    columns.push_back(column->field->name);
  }
  if (sorts && !plan.sort.empty() && !plan.collection->is_view()) {
    add("the rows that match are sorted for each request", CreateIndex(*plan.collection, columns));
  }
  return missing;
}

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
  std::string lines;
  for (const std::string& line : report.query_plan) lines += line + "\n";
  Section(out, "SQLite's query plan", lines);
  lines.clear();
  for (const std::string& name : report.indexes_used) lines += name + "\n";
  Section(out, "indexes used", lines.empty() ? "none" : lines);
  lines.clear();
  for (const MissingIndex& index : report.indexes_missing)
    lines += index.create + "\n  " + index.why + "\n";
  Section(out, "indexes that would help", lines.empty() ? "none" : lines);
  Section(out, "measured",
          std::to_string(report.rows) + " rows of the first page in " +
              Milliseconds(report.milliseconds) + " ms");
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
  List(out, "queryPlan", report.query_plan, text);
  List(out, "indexesUsed", report.indexes_used, text);
  List(out, "indexesMissing", report.indexes_missing, [&out](const MissingIndex& index) {
    out += '{';
    Member(out, "why", index.why);
    Member(out, "create", index.create);
    out += '}';
  });
  out += ",\"rows\":" + std::to_string(report.rows) +
         ",\"milliseconds\":" + Milliseconds(report.milliseconds) + "}\n";
  return out;
}

}  // namespace sluice::cli
