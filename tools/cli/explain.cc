// sluice explain. Tested by tests/server/cli_advise_test.cc.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <set>

#include "sluice/binder.h"
#include "sluice/diagnostic.h"
#include "sluice/parser.h"
#include "sluice/simplify.h"
#include "tools/cli/advise_measure.h"
#include "tools/cli/arguments.h"
#include "tools/cli/command.h"
#include "tools/cli/explain_report.h"
#include "tools/cli/folder_caller.h"
#include "tools/cli/query_plan.h"
#include "tools/server/records/query.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::cli {
namespace {

namespace po = boost::program_options;

constexpr char kAbout[] =
    "Shows what a list request means and how it is run: the filter's tree, the typed plan,\n"
    "the SQL with its parameters, SQLite's own plan, the indexes it uses or lacks, and what\n"
    "it costs. The folder is only read. Without --as the caller is a guest.";

int Fail(const Status& status, std::string_view source) {
  const std::optional<Diagnostic> diagnostic = GetDiagnostic(status);
  std::cerr << (diagnostic && diagnostic->span.end <= source.size()
                    ? Render(*diagnostic, source)
                    : "sluice: " + std::string(AsStd(status.message())))
            << "\n";
  return kFailed;
}

std::string ShowParameter(const Plan& plan, const Param& param) {
  if (param.kind == ParamKind::kLimit) return "30 (perPage)";
  if (param.kind == ParamKind::kOffset) return "0 (offset)";
  const Slot& slot = plan.slots[param.slot];
  char buffer[32];
  const ValueView value = slot.value.view();
  const std::optional<std::string_view> text = TextOf(value, buffer);
  std::string shown = !text                                  ? "NULL"
                      : value.storage == StorageClass::kText ? "'" + std::string(*text) + "'"
                                                             : std::string(*text);
  if (!slot.name.empty() && slot.source != SlotSource::kJsonPath) shown += " (" + slot.name + ")";
  return shown;
}

StatementReport Show(const Plan& plan, const Dialect& dialect, const SelectOptions& options) {
  const SqlStatement statement = SelectRows(plan, dialect, options);
  StatementReport report{std::string(dialect.name()), statement.text, {}};
  for (const Param& param : statement.params)
    report.parameters.push_back(ShowParameter(plan, param));
  return report;
}

// A failure and the text that its diagnostic points into.
struct Failure {
  Status status;
  std::string source;
};

// One run of the command: each step fills the report or fails.
class Explainer {
 public:
  explicit Explainer(const Arguments& arguments) : arguments_(arguments) {}

  std::optional<Failure> Run() {
    for (const auto step : {&Explainer::OpenFolder, &Explainer::FindWhoAsks, &Explainer::ParseTexts,
                            &Explainer::MakePlans, &Explainer::AskDatabase}) {
      if (std::optional<Failure> failure = (this->*step)()) return failure;
    }
    return std::nullopt;
  }

  const ExplainReport& report() const { return report_; }

 private:
  using Step = std::optional<Failure>;

  Step OpenFolder() {
    auto connection = store::Connection::Open(arguments_.Get<std::string>("dir") + "/data.db", {});
    if (!connection.ok()) return Failure{connection.status(), ""};
    connection_ = *std::move(connection);
    auto snapshot = store::LoadSnapshot(*connection_);
    if (!snapshot.ok()) return Failure{snapshot.status(), ""};
    snapshot_ = *std::move(snapshot);
    const std::string name = arguments_.Get<std::string>("collection");
    collection_ = snapshot_->schema->Find(name);
    if (collection_ == nullptr)
      return Failure{absl::NotFoundError("there is no collection " + name), ""};
    report_.collection = collection_->name + (collection_->is_view()   ? " (view)"
                                              : collection_->is_auth() ? " (auth)"
                                                                       : "");
    query_.collection = collection_;
    return std::nullopt;
  }

  Step FindWhoAsks() {
    request_.now = NowMillis();
    StatusOr<FolderCaller> found =
        FindCaller(arguments_.Get<std::string>("as"), *snapshot_, *connection_);
    if (!found.ok()) return Failure{found.status(), ""};
    caller_ = *std::move(found);
    superuser_ = caller_.superuser;
    request_.auth = caller_.auth();
    return std::nullopt;
  }

  Step ParseTexts() {
    const store::ParsedRule& rule = snapshot_->RulesOf(*collection_).list;
    report_.rule = superuser_    ? "none: superusers skip rules"
                   : rule.locked ? "locked: superusers only"
                   : rule.open() ? "open to everyone"
                                 : *collection_->list_rule;
    if (!superuser_ && !rule.error.ok()) return Failure{rule.error, *collection_->list_rule};
    if (!superuser_ && rule.ast) query_.rule = &*rule.ast;
    report_.filter = arguments_.Get<std::string>("filter");
    if (!report_.filter.empty()) {
      StatusOr<Ast> filter = ParseFilter(report_.filter);
      if (!filter.ok()) return Failure{filter.status(), report_.filter};
      filter_ = *std::move(filter);
      report_.filter_ast = Dump(filter_);
      query_.filter = &filter_;
    }
    report_.sort = arguments_.Get<std::string>("sort");
    StatusOr<SortList> sort = ParseSort(report_.sort);
    if (!sort.ok()) return Failure{sort.status(), report_.sort};
    sort_ = *std::move(sort);
    if (!sort_.keys.empty()) query_.sort = &sort_;
    return ParseShape();
  }

  // What does not change the rows: expand and fields.
  Step ParseShape() {
    for (const auto& path : ParseExpand(arguments_.Get<std::string>("expand")).paths) {
      for (const std::string& segment : path)
        report_.expand += (&segment == &path.front() ? "" : ".") + segment;
      report_.expand += "\n";
    }
    const std::string text = arguments_.Get<std::string>("fields");
    const StatusOr<FieldList> fields = ParseFields(text);
    if (!fields.ok()) return Failure{fields.status(), text};
    for (const FieldPath& path : fields->paths)
      report_.fields += path.path + (path.has_excerpt ? " (excerpt)\n" : "\n");
    return std::nullopt;
  }

  Step MakePlans() {
    BindOptions options;
    options.filter_mode = superuser_ ? BindMode::kOpen : BindMode::kRestricted;
    options.request = &request_;
    const StatusOr<Plan> bound = Bind(query_, *snapshot_->schema, options);
    if (!bound.ok()) {
      const std::optional<Diagnostic> diagnostic = GetDiagnostic(bound.status());
      const bool sort = diagnostic && diagnostic->code.rfind("sort_", 0) == 0;
      return Failure{bound.status(), sort ? report_.sort : report_.filter};
    }
    report_.bound_plan = Dump(*bound);
    plan_ = Simplify(*bound);
    report_.plan = Dump(plan_);
    report_.passes = plan_.passes;
    for (const Field& field : collection_->fields) select_.columns.push_back(field.name);
    select_.limit = true;
    select_.statistics = snapshot_->statistics.get();
    report_.choices = ExplainRows(plan_, select_);
    report_.count_choices = ExplainCount(plan_, select_.statistics);
    for (const Dialect* dialect : {&Sqlite(), &Postgres()})
      report_.statements.push_back(Show(plan_, *dialect, select_));
    return std::nullopt;
  }

  Step AskDatabase() {
    const SqlStatement statement = SelectRows(plan_, Sqlite(), select_);
    StatusOr<std::vector<std::string>> query_plan = QueryPlan(*connection_, statement.text);
    if (!query_plan.ok()) return Failure{query_plan.status(), ""};
    report_.query_plan = *std::move(query_plan);
    report_.indexes_used = IndexesUsed(report_.query_plan);
    for (const Status& status : {FindMissing(), FindTables()}) {
      if (!status.ok()) return Failure{status, ""};
    }
    Estimate();
    const unsigned seconds = std::max(1U, arguments_.Get<unsigned>("queryTimeout"));
    const store::LimitedScope limits(
        *connection_, nullptr, std::chrono::steady_clock::now() + std::chrono::seconds(seconds));
    Step failed = RunPage(statement);
    if (!failed) failed = CountAll();
    if (!failed || !absl::IsDeadlineExceeded(failed->status)) return failed;
    report_.stopped_after = seconds;
    return Failure{absl::DeadlineExceededError("the query was stopped after " +
                                               std::to_string(seconds) + " s (--queryTimeout)"),
                   ""};
  }

  Step RunPage(const SqlStatement& statement) {
    const auto begin = std::chrono::steady_clock::now();
    const Status run = records::RunStatement(*connection_, plan_, statement, {30, 0},
                                             [this](const store::Statement&) {
                                               ++report_.rows;
                                               return absl::OkStatus();
                                             });
    if (!run.ok()) return Failure{run, ""};
    report_.milliseconds =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    if (const auto prepared = connection_->Prepare(statement.text); prepared.ok())
      report_.work = store::TakeWork(**prepared);
    return std::nullopt;
  }

  // What a list without skipTotal asks as well.
  Step CountAll() {
    const auto begin = std::chrono::steady_clock::now();
    const StatusOr<std::int64_t> total = records::RunCount(*connection_, plan_, select_.statistics);
    if (!total.ok()) return Failure{total.status(), ""};
    report_.total = *total;
    report_.total_milliseconds =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    return std::nullopt;
  }

  // What SQLite would do if each index were there that the plan could use.
  Status FindMissing() {
    const Schema& schema = *snapshot_->schema;
    SLUICE_ASSIGN_OR_RETURN(const auto planned, store::TrialDatabase::WithoutRows(*connection_));
    SLUICE_ASSIGN_OR_RETURN(
        const std::vector<IndexCandidate> used,
        WouldUse(*planned, schema, IndexCandidates(plan_, schema),
                 [this](const Schema& with) -> StatusOr<std::vector<std::string>> {
                   SLUICE_ASSIGN_OR_RETURN(const Plan plan, PlanIn(with));
                   return std::vector<std::string>{
                       SelectRows(plan, Sqlite(), select_).text,
                       SelectCount(plan, Sqlite(), Lowering::kRewritten, select_.statistics).text};
                 }));
    for (const IndexCandidate& index : used)
      report_.indexes_missing.push_back({index.why, index.create});
    return absl::OkStatus();
  }

  // What `serve --max-cost` looks at.
  void Estimate() {
    std::map<const Collection*, store::TableSizes> sizes;
    report_.cost =
        records::EstimateCost(plan_, [&](const Collection& collection) -> const store::TableSizes& {
          const auto [found, added] = sizes.try_emplace(&collection);
          if (added) found->second = store::EstimateTable(*connection_, collection);
          return found->second;
        });
  }

  Status FindTables() {
    constexpr std::int64_t kCountMax = 1'000'000;
    std::set<std::string> seen;
    for (const Variable& variable : plan_.variables) {
      if (variable.collection == nullptr || !seen.insert(variable.collection->name).second)
        continue;
      SLUICE_ASSIGN_OR_RETURN(
          const store::TableRows rows,
          store::CountTable(*connection_, variable.collection->name, kCountMax));
      report_.tables.push_back({variable.path, variable.collection->name, rows});
    }
    return absl::OkStatus();
  }

  StatusOr<Plan> PlanIn(const Schema& schema) const {
    Query query = query_;
    query.collection = schema.FindById(collection_->id);
    BindOptions options;
    options.filter_mode = superuser_ ? BindMode::kOpen : BindMode::kRestricted;
    options.request = &request_;
    SLUICE_ASSIGN_OR_RETURN(Plan bound, Bind(query, schema, options));
    return Simplify(std::move(bound));
  }

  const Arguments& arguments_;
  std::unique_ptr<store::Connection> connection_;
  std::shared_ptr<const store::Snapshot> snapshot_;
  const Collection* collection_ = nullptr;
  RequestContext request_;
  FolderCaller caller_;
  bool superuser_ = false;
  Ast filter_;
  SortList sort_;
  Query query_;
  Plan plan_;
  SelectOptions select_;
  ExplainReport report_;
};

int Explain(const Arguments& arguments) {
  Explainer explainer(arguments);
  const std::optional<Failure> failure = explainer.Run();
  const ExplainReport& report = explainer.report();
  // What takes too long is what people look at: all but its times is known.
  if (!failure || report.stopped_after > 0)
    std::cout << (arguments.Has("json") ? ToJson(report) : ToText(report));
  return failure ? Fail(failure->status, failure->source) : kDone;
}

}  // namespace

int RunExplain(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  const auto text = [] { return po::value<std::string>()->default_value(""); };
  flags.add_options()("dir", po::value<std::string>()->default_value("pb_data"), "the data folder")(
      "collection", po::value<std::string>()->required(), "the collection that is listed")(
      "filter", text(), "the filter")("sort", text(), "the sort list")(
      "expand", text(), "the expand list")("fields", text(), "the fields list")(
      "as", text(), "who asks: COLLECTION/ID, or superuser")(
      "queryTimeout", po::value<unsigned>()->default_value(30),
      "seconds until the query is stopped, as `serve` stops it")("json",
                                                                 "for programs: one JSON object");
  const Arguments parsed = ParseArguments(
      arguments, flags, {}, "sluice explain --collection NAME [--filter F] [flags]", kAbout);
  return parsed.exit_status ? *parsed.exit_status : Explain(parsed);
}

}  // namespace sluice::cli
