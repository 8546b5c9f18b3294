// sluice explain.
#include <chrono>
#include <iostream>

#include "sluice/binder.h"
#include "sluice/diagnostic.h"
#include "sluice/parser.h"
#include "sluice/simplify.h"
#include "tools/cli/arguments.h"
#include "tools/cli/command.h"
#include "tools/cli/explain_report.h"
#include "tools/server/records/query.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::cli {
namespace {

namespace po = boost::program_options;

constexpr char kAbout[] =
    "Shows what a list request means and how it is run: the filter's tree, the typed plan,\n"
    "the SQL with its parameters, SQLite's own plan, and the indexes it uses or lacks. The\n"
    "folder is only read. Without --as the caller is a guest.";

int Fail(const Status& status, std::string_view source) {
  const std::optional<Diagnostic> diagnostic = GetDiagnostic(status);
  std::cerr << (diagnostic && diagnostic->span.end <= source.size() ? Render(*diagnostic, source)
                                                                    : "sluice: " + std::string(AsStd(status.message())))
            << "\n";
  return kFailed;
}

// `users/ID`, looked up without a token: whoever reads the folder may.
StatusOr<AuthRecord> FindCaller(const std::string& name, const store::Snapshot& snapshot, store::Connection& connection) {
  const std::size_t slash = name.find('/');
  const Collection* collection = slash == std::string::npos ? nullptr : snapshot.schema->Find(name.substr(0, slash));
  if (collection == nullptr || !collection->is_auth()) {
    return absl::InvalidArgumentError("--as takes COLLECTION/ID of an auth collection, or `superuser`");
  }
  AuthRecord record;
  record.collection = collection;
  record.id = name.substr(slash + 1);
  Query query;
  query.collection = collection;
  query.row_id = &record.id;
  SLUICE_ASSIGN_OR_RETURN(const Plan plan, Bind(query, *snapshot.schema, {.filter_mode = BindMode::kOpen}));
  SelectOptions options;
  options.columns = {"email", "emailVisibility", "verified"};
  bool found = false;
  SLUICE_RETURN_IF_ERROR(records::RunStatement(connection, plan, SelectRows(plan, Sqlite(), options), {}, [&](const store::Statement& row) {
    found = true;
    record.email = std::string(row.Column(0).text);
    record.email_visibility = row.Column(1).integer == 1;
    record.verified = row.Column(2).integer == 1;
    return absl::OkStatus();
  }));
  if (!found) return absl::NotFoundError("there is no record " + name);
  return record;
}

std::string ShowParameter(const Plan& plan, const Param& param) {
  if (param.kind == ParamKind::kLimit) return "30 (perPage)";
  if (param.kind == ParamKind::kOffset) return "0 (offset)";
  const Slot& slot = plan.slots[param.slot];
  char buffer[32];
  const ValueView value = slot.value.view();
  const std::optional<std::string_view> text = TextOf(value, buffer);
  std::string shown = !text ? "NULL" : value.storage == StorageClass::kText ? "'" + std::string(*text) + "'" : std::string(*text);
  if (!slot.name.empty() && slot.source != SlotSource::kJsonPath) shown += " (" + slot.name + ")";
  return shown;
}

StatementReport Show(const Plan& plan, const Dialect& dialect, const SelectOptions& options) {
  const SqlStatement statement = SelectRows(plan, dialect, options);
  StatementReport report{std::string(dialect.name()), statement.text, {}};
  for (const Param& param : statement.params) report.parameters.push_back(ShowParameter(plan, param));
  return report;
}

// What was asked for, parsed; the trees outlive the plan.
struct Asked {
  std::optional<Ast> filter;
  SortList sort;
  Query query;
};

int Explain(const Arguments& parsed) {
  const std::string folder = parsed.Get<std::string>("dir");
  StatusOr<std::unique_ptr<store::Connection>> connection = store::Connection::Open(folder + "/data.db", {});
  if (!connection.ok()) return Fail(connection.status(), "");
  const StatusOr<std::shared_ptr<const store::Snapshot>> snapshot = store::LoadSnapshot(**connection);
  if (!snapshot.ok()) return Fail(snapshot.status(), "");
  const std::string name = parsed.Get<std::string>("collection");
  const Collection* collection = (*snapshot)->schema->Find(name);
  if (collection == nullptr) return Fail(absl::NotFoundError("there is no collection " + name), "");

  RequestContext request;
  request.now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::string as = parsed.Get<std::string>("as");
  const bool superuser = as == "superuser" || as == "root";
  AuthRecord auth;
  if (!as.empty() && !superuser) {
    StatusOr<AuthRecord> found = FindCaller(as, **snapshot, **connection);
    if (!found.ok()) return Fail(found.status(), "");
    auth = *std::move(found);
    request.auth = &auth;
  }

  ExplainReport report;
  report.collection = collection->name + (collection->is_view() ? " (view)" : collection->is_auth() ? " (auth)" : "");
  report.filter = parsed.Get<std::string>("filter");
  report.sort = parsed.Get<std::string>("sort");
  Asked asked;
  asked.query.collection = collection;
  const store::ParsedRule& rule = (*snapshot)->RulesOf(*collection).list;
  report.rule = superuser ? "none: superusers skip rules" : rule.locked ? "locked: superusers only" : rule.open() ? "open to everyone" : *collection->list_rule;
  if (!superuser && !rule.error.ok()) return Fail(rule.error, *collection->list_rule);
  if (!superuser && rule.ast) asked.query.rule = &*rule.ast;
  if (!report.filter.empty()) {
    StatusOr<Ast> filter = ParseFilter(report.filter);
    if (!filter.ok()) return Fail(filter.status(), report.filter);
    report.filter_ast = Dump(*filter);
    asked.filter = *std::move(filter);
    asked.query.filter = &*asked.filter;
  }
  if (!report.sort.empty()) {
    StatusOr<SortList> sort = ParseSort(report.sort);
    if (!sort.ok()) return Fail(sort.status(), report.sort);
    asked.sort = *std::move(sort);
    asked.query.sort = &asked.sort;
  }
  for (const auto& path : ParseExpand(parsed.Get<std::string>("expand")).paths) {
    for (const std::string& segment : path) report.expand += (&segment == &path.front() ? "" : ".") + segment;
    report.expand += "\n";
  }
  if (const StatusOr<FieldList> fields = ParseFields(parsed.Get<std::string>("fields")); !fields.ok()) {
    return Fail(fields.status(), parsed.Get<std::string>("fields"));
  } else {
    for (const FieldPath& path : fields->paths) report.fields += path.path + (path.has_excerpt ? " (excerpt)" : "") + "\n";
  }

  BindOptions options;
  options.filter_mode = superuser ? BindMode::kOpen : BindMode::kRestricted;
  options.request = &request;
  const StatusOr<Plan> bound = Bind(asked.query, *(*snapshot)->schema, options);
  if (!bound.ok()) {
    const std::optional<Diagnostic> diagnostic = GetDiagnostic(bound.status());
    return Fail(bound.status(), diagnostic && diagnostic->code.rfind("sort_", 0) == 0 ? report.sort : report.filter);
  }
  report.bound_plan = Dump(*bound);
  const Plan plan = Simplify(*bound);
  report.plan = Dump(plan);
  report.passes = plan.passes;

  SelectOptions select;
  for (const Field& field : collection->fields) select.columns.push_back(field.name);
  select.limit = true;
  report.statements.push_back(Show(plan, Sqlite(), select));
  const SqlStatement statement = SelectRows(plan, Sqlite(), select);
  StatusOr<std::vector<std::string>> query_plan = QueryPlan(**connection, statement);
  if (!query_plan.ok()) return Fail(query_plan.status(), "");
  report.query_plan = *std::move(query_plan);
  report.indexes_used = IndexesUsed(report.query_plan);
  report.indexes_missing = IndexesMissing(plan, report.query_plan);
  const auto begin = std::chrono::steady_clock::now();
  const Status run = records::RunStatement(**connection, plan, statement, {30, 0}, [&report](const store::Statement&) {
    ++report.rows;
    return absl::OkStatus();
  });
  if (!run.ok()) return Fail(run, "");
  report.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  std::cout << (parsed.Has("json") ? ToJson(report) : ToText(report));
  return kDone;
}

}  // namespace

int RunExplain(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  const auto text = [] { return po::value<std::string>()->default_value(""); };
  flags.add_options()
      ("dir", po::value<std::string>()->default_value("pb_data"), "the data folder")
      ("collection", po::value<std::string>()->required(), "the collection that is listed")
      ("filter", text(), "the filter")
      ("sort", text(), "the sort list")
      ("expand", text(), "the expand list")
      ("fields", text(), "the fields list")
      ("as", text(), "who asks: COLLECTION/ID, or superuser")
      ("json", "for programs: one JSON object");
  const Arguments parsed = ParseArguments(arguments, flags, {}, "sluice explain --collection NAME [--filter F] [flags]", kAbout);
  return parsed.exit_status ? *parsed.exit_status : Explain(parsed);
}

}  // namespace sluice::cli
