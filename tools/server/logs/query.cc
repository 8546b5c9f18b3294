// Tested by tests/server/logs_test.cc.
#include "tools/server/logs/query.h"

#include <map>

#include "sluice/binder.h"
#include "sluice/parser.h"
#include "sluice/simplify.h"
#include "tools/server/http/api_error.h"
#include "tools/server/http/json_text.h"
#include "tools/server/json/json_text.h"
#include "tools/server/records/query.h"

namespace sluice::logs {
namespace {

// `_logs` as far as clients may filter and sort by it.
const Collection& LogsTable() {
  static const Collection* const kTable = [] {
    auto* table = new Collection;
    table->name = "_logs";
    const auto add = [table](const char* name, FieldType type) {
      Field field;
      field.name = name;
      field.type = type;
      table->fields.push_back(std::move(field));
    };
    add("id", FieldType::kText);
    add("created", FieldType::kDate);
    add("data", FieldType::kJson);
    add("message", FieldType::kText);
    add("level", FieldType::kNumber);
    return table;
  }();
  return *kTable;
}

// A query with the trees that it points to.
struct Bound {
  std::optional<Ast> filter;
  SortList sort;
  Query query;
};

StatusOr<Plan> BindLogs(const records::Caller& caller, std::string_view filter,
                        std::string_view sort, Bound& bound) {
  bound.query.collection = &LogsTable();
  if (!sort.empty()) {
    SLUICE_ASSIGN_OR_RETURN(bound.sort, ParseSort(sort));
    bound.query.sort = &bound.sort;
  }
  if (!filter.empty()) {
    SLUICE_ASSIGN_OR_RETURN(Ast ast, ParseFilter(filter));
    bound.filter = std::move(ast);
    bound.query.filter = &*bound.filter;
  }
  BindOptions options;
  options.filter_mode = BindMode::kOpen;
  options.plain_names_only = true;
  RequestContext clock;  // macros work here, @request does not
  clock.now = caller.request.now;
  options.request = &clock;
  SLUICE_ASSIGN_OR_RETURN(const Plan plan, Bind(bound.query, caller.schema(), options));
  return Simplify(plan);
}

const std::vector<std::string_view>& Columns() {
  static const std::vector<std::string_view>* const kColumns =
      new std::vector<std::string_view>{"id", "created", "data", "message", "level"};
  return *kColumns;
}

void AppendLog(std::string& out, const store::Statement& row) {
  char buffer[32];
  const auto text = [&](int column) {
    return std::string(TextOf(row.Column(column), buffer).value_or(""));
  };
  out += "{\"id\":";
  json::AppendString(out, text(0));
  out += ",\"created\":";
  json::AppendString(out, text(1));
  out += ",\"data\":";
  // What others wrote there need be no JSON.
  const StatusOr<boost::json::value> data = http::ParseJson(text(2), http::JsonTail::kMustBeBlank);
  if (data.ok() && data->is_object()) {
    http::AppendJsonValue(out, *data);
  } else {
    out += "{}";
  }
  out += ",\"message\":";
  json::AppendString(out, text(3));
  out += ",\"level\":";
  json::AppendInteger(out, row.Column(4).integer);
  out += '}';
}

SelectOptions Selected() {
  SelectOptions options;
  options.columns = Columns();
  options.limit = true;
  return options;
}

}  // namespace

StatusOr<std::string> ListLogs(const records::Caller& caller, const records::ListParams& params) {
  SLUICE_ASSIGN_OR_RETURN(const records::PageParams page, records::ParsePage(params));
  Bound bound;
  SLUICE_ASSIGN_OR_RETURN(const Plan plan, BindLogs(caller, params.filter, params.sort, bound));
  SLUICE_ASSIGN_OR_RETURN(const auto snapshot, store::ReadSnapshot::Begin(caller.connection));
  SelectOptions options = Selected();
  options.offset = page.offset > 0;
  std::string body = "{\"items\":[";
  const auto append = [&](const store::Statement& row) {
    if (body.back() != '[') body += ',';
    AppendLog(body, row);
    return absl::OkStatus();
  };
  SLUICE_RETURN_IF_ERROR(records::RunStatement(caller.connection, plan,
                                               SelectRows(plan, Sqlite(), options),
                                               {page.per_page, page.offset}, append));
  std::int64_t total = -1;
  if (!page.skip_total) {
    SLUICE_ASSIGN_OR_RETURN(total, records::RunCount(caller.connection, plan));
  }
  records::AppendEnvelopeEnd(body, page, total);
  return records::Picked(std::move(body), params.fields, true);
}

StatusOr<std::string> ViewLog(const records::Caller& caller, const std::string& id) {
  Query query;
  query.collection = &LogsTable();
  query.row_id = &id;
  SLUICE_ASSIGN_OR_RETURN(const Plan plan,
                          Bind(query, caller.schema(), {.filter_mode = BindMode::kOpen}));
  std::string body;
  const auto append = [&](const store::Statement& row) {
    AppendLog(body, row);
    return absl::OkStatus();
  };
  SLUICE_RETURN_IF_ERROR(records::RunStatement(
      caller.connection, plan, SelectRows(plan, Sqlite(), Selected()), {1, 0}, append));
  if (body.empty()) return http::MakeStatus({.status = 404});
  return body + "\n";
}

StatusOr<std::string> LogStats(const records::Caller& caller, std::string_view filter) {
  Bound bound;
  const StatusOr<Plan> plan = BindLogs(caller, filter, "", bound);
  if (!plan.ok()) return http::MakeStatus({.status = 400, .message = "Invalid filter format."});
  SelectOptions options;
  options.columns = {"created"};
  std::map<std::string, std::int64_t> hours;
  const auto count = [&](const store::Statement& row) {
    // `2026-11-21 18:41:40.123Z` to the hour.
    ++hours[std::string(row.Column(0).text.substr(0, 13))];
    return absl::OkStatus();
  };
  SLUICE_RETURN_IF_ERROR(records::RunStatement(caller.connection, *plan,
                                               SelectRows(*plan, Sqlite(), options), {}, count));
  std::string body = "[";
  for (const auto& [hour, total] : hours) {
    if (body.size() > 1) body += ',';
    body += "{\"date\":";
    json::AppendString(body, hour + ":00:00.000Z");
    body += ",\"total\":";
    json::AppendInteger(body, total);
    body += '}';
  }
  return body + "]\n";
}

}  // namespace sluice::logs
