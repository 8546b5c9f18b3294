// sluice why. Tested by tests/server/cli_why_test.cc.
#include <algorithm>
#include <iostream>

#include "boost/json/parse.hpp"

#include "sluice/diagnostic.h"
#include "sluice/parser.h"
#include "tools/cli/arguments.h"
#include "tools/cli/command.h"
#include "tools/cli/folder_caller.h"
#include "tools/cli/why_further.h"
#include "tools/cli/why_report.h"
#include "tools/server/api/json_value.h"
#include "tools/server/records/stored_rows.h"
#include "tools/server/settings/save.h"
#include "tools/server/store/schema_catalog.h"
#include "tools/server/writes/prepare.h"

namespace sluice::cli {
namespace {

namespace po = boost::program_options;
namespace bj = boost::json;

constexpr char kAbout[] =
    "Says clause by clause, with the values, why a record is seen, hidden or refused: the rule\n"
    "of the action and, for lists, a filter. The folder is only read. Exit status 0: allowed;\n"
    "1: refused; 2: the question makes no sense.\n\n"
    "  sluice why --dir pb_data --as users/ID posts/ID\n"
    "  sluice why --as users/ID posts/ID --filter 'tags.name = \"red\"'\n"
    "  sluice why --as users/ID posts/ID --action update --body '{\"title\":\"x\"}'\n"
    "  sluice why posts --action create --body '{\"title\":\"x\"}'";

constexpr int kAllowed = 0;
constexpr int kRefused = 1;
constexpr int kNoQuestion = 2;

// A mistake in the question and the text that its place is in.
struct Mistake {
  Status status;
  std::string source;
};

Mistake Wrong(std::string_view message) {
  return {absl::InvalidArgumentError(AsAbsl(message)), ""};
}

int Say(const Mistake& mistake) {
  const std::optional<Diagnostic> diagnostic = GetDiagnostic(mistake.status);
  if (diagnostic && !mistake.source.empty() && diagnostic->span.end <= mistake.source.size()) {
    std::cerr << Render(*diagnostic, mistake.source);
  } else {
    std::cerr << "Error: " << AsStd(mistake.status.message()) << "\n";
  }
  return kNoQuestion;
}

struct ActionKind {
  const char* name;
  const char* method;
  const char* rule_name;
  store::ParsedRule store::CollectionRules::*parsed;
  RuleText Collection::*text;
  int refused;  // the answer's status
};

constexpr ActionKind kActions[] = {
    {"view", "GET", "viewRule", &store::CollectionRules::view, &Collection::view_rule, 404},
    {"list", "GET", "listRule", &store::CollectionRules::list, &Collection::list_rule, 200},
    {"create", "POST", "createRule", &store::CollectionRules::create, &Collection::create_rule,
     400},
    {"update", "PATCH", "updateRule", &store::CollectionRules::update, &Collection::update_rule,
     404},
    {"delete", "DELETE", "deleteRule", &store::CollectionRules::del, &Collection::delete_rule, 404},
};

// One run: each step fills what the next needs, or says what is wrong.
class Asker {
 public:
  explicit Asker(const Arguments& arguments) : arguments_(arguments) {}

  std::optional<Mistake> Run() {
    for (const auto step : {&Asker::OpenFolder, &Asker::FindAction, &Asker::FindWhoAsks,
                            &Asker::ReadRequest, &Asker::FindRecord, &Asker::Answer}) {
      if (std::optional<Mistake> mistake = (this->*step)()) return mistake;
    }
    return std::nullopt;
  }

  const WhyReport& report() const { return report_; }

 private:
  using Step = std::optional<Mistake>;

  std::string Text(const char* flag) const { return arguments_.Get<std::string>(flag); }
  bool Is(std::string_view action) const { return action_->name == action; }

  Step OpenFolder() {
    const auto key = settings::KeyFromEnvironment(Text("encryptionEnv"));
    if (!key.ok()) return Mistake{key.status(), ""};
    auto connection = store::Connection::Open(Text("dir") + "/data.db", {});
    if (!connection.ok()) return Mistake{connection.status(), ""};
    connection_ = *std::move(connection);
    auto snapshot = store::LoadSnapshot(*connection_, settings::OpenerOf(*key));
    if (!snapshot.ok()) return Mistake{snapshot.status(), ""};
    snapshot_ = *std::move(snapshot);
    auto read = store::ReadSnapshot::Begin(*connection_);
    if (!read.ok()) return Mistake{read.status(), ""};
    read_ = *std::move(read);
    return std::nullopt;
  }

  Step FindAction() {
    const std::string filter = Text("filter");
    std::string name = Text("action");
    if (name.empty()) name = filter.empty() ? "view" : "list";
    for (const ActionKind& kind : kActions) {
      if (kind.name == name) action_ = &kind;
    }
    if (action_ == nullptr) return Wrong("--action is view, list, create, update or delete");
    if (!filter.empty() && !Is("list")) return Wrong("--filter belongs to --action list");
    report_.action = name;
    return std::nullopt;
  }

  Step FindWhoAsks() {
    StatusOr<FolderCaller> found = FindCaller(Text("as"), *snapshot_, *connection_);
    if (!found.ok()) return Mistake{found.status(), ""};
    who_ = *std::move(found);
    report_.caller = who_.name;
    return std::nullopt;
  }

  Step ReadRequest() {
    request_.method = action_->method;
    request_.now = NowMillis();
    request_.auth = who_.auth();
    for (const char* flag : {"query", "header"}) {
      if (!arguments_.Has(flag)) continue;
      for (const std::string& pair : arguments_.Get<std::vector<std::string>>(flag)) {
        const std::size_t at = pair.find('=');
        if (at == std::string::npos) return Wrong("--query and --header take NAME=VALUE");
        const std::string name = pair.substr(0, at);
        const std::string value = pair.substr(at + 1);
        if (std::string_view(flag) == "query") {
          request_.query.emplace_back(name, value);
        } else {
          request_.headers.emplace_back(NormalizeHeaderName(name), value);
        }
      }
    }
    const std::string body = Text("body");
    if (body.empty()) return std::nullopt;
    boost::system::error_code error;
    const bj::value value = bj::parse(body, error);
    if (error || !value.is_object()) return Wrong("--body is one JSON object");
    request_.body = api::ToJsonValue(value);
    return std::nullopt;
  }

  Step FindRecord() {
    const std::string name = Text("record");
    const std::size_t slash = name.find('/');
    collection_ = snapshot_->schema->Find(name.substr(0, slash));
    if (collection_ == nullptr)
      return Mistake{absl::NotFoundError("there is no collection " + name.substr(0, slash)), ""};
    report_.record = collection_->name;
    if (Is("create")) {
      if (slash != std::string::npos) return Wrong("--action create takes a collection, no record");
      return std::nullopt;
    }
    if (slash == std::string::npos || slash + 1 == name.size())
      return Wrong("which record? Give COLLECTION/ID");
    id_ = name.substr(slash + 1);
    report_.record += "/" + id_;
    StatusOr<RowSource::Rows> rows =
        records::StoredRows(*snapshot_->schema, *connection_).FindById(*collection_, id_);
    if (!rows.ok()) return Mistake{rows.status(), ""};
    if (rows->empty()) return Mistake{absl::NotFoundError("there is no record " + name), ""};
    rows_ = *std::move(rows);
    return std::nullopt;
  }

  records::Caller Caller() const { return {*snapshot_, *connection_, request_, who_.superuser}; }
  writes::WriteInput Input(const records::Caller& caller) {
    submission_.values = request_.body;
    return {caller, *collection_, submission_, passwords_};
  }
  const store::ParsedRule& Rule() const {
    return snapshot_->RulesOf(*collection_).*action_->parsed;
  }

  Step Refuse(int status, std::string because) {
    report_.allowed = false;
    report_.status = status;
    report_.because = std::move(because);
    return std::nullopt;
  }

  Step Answer() {
    const bool writes = Is("create") || Is("update") || Is("delete");
    if (writes && collection_->is_view()) return Refuse(400, "it is of a view, which is only read");
    if (who_.superuser && Text("filter").empty()) {
      report_.allowed = true;
      report_.because = "superusers skip rules";
    } else if (Step mistake = AskRule()) {
      return mistake;
    }
    if (!report_.allowed) return std::nullopt;
    const records::Caller caller = Caller();
    if (!writes) {
      auto fields = NotShown(caller, *collection_, id_);
      if (!fields.ok()) return Mistake{fields.status(), ""};
      report_.not_shown = *std::move(fields);
    } else if (Is("create")) {
      NoteRefusal(writes::PrepareCreate(Input(caller)).status(), report_);
    } else if (Is("update")) {
      NoteRefusal(writes::PrepareUpdate(Input(caller), id_).status(), report_);
    } else {
      NoteRefusal(writes::PrepareDelete(caller, *collection_, id_).status(), report_);
    }
    return std::nullopt;
  }

  Step AskRule() {
    const std::string name = action_->rule_name;
    const store::ParsedRule& rule = Rule();
    const std::string filter_text = Text("filter");
    if (!who_.superuser && rule.locked)
      return Refuse(403, "the " + name + " is locked: superusers only");
    if (!who_.superuser && !rule.error.ok())
      return Refuse(Is("list") ? 400 : action_->refused,
                    "the " + name + " does not parse: " + std::string(AsStd(rule.error.message())));
    std::string prefix;
    if (!who_.superuser && MentionsRestrictedPrefix(filter_text, &prefix))
      return Refuse(403, "only superusers may filter by " + prefix);
    Query query;
    query.collection = collection_;
    if (!who_.superuser && rule.ast) query.rule = &*rule.ast;
    std::optional<Ast> filter;
    if (!filter_text.empty()) {
      StatusOr<Ast> parsed = ParseFilter(filter_text);
      if (!parsed.ok()) return Mistake{parsed.status(), filter_text};
      filter = *std::move(parsed);
      query.filter = &*filter;
    }
    if (query.rule == nullptr && query.filter == nullptr) {
      report_.allowed = true;
      report_.because = "the " + name + " is open to everyone";
      return std::nullopt;
    }
    return AskTexts(query);
  }

  Step AskTexts(const Query& query) {
    WhyRule asked;
    asked.name = action_->rule_name;
    if (query.rule != nullptr) asked.rule = *(collection_->*action_->text);
    asked.filter = Text("filter");
    std::vector<CondPlace> places;
    BindOptions options;
    options.filter_mode = who_.superuser ? BindMode::kOpen : BindMode::kRestricted;
    options.virtual_row = Is("create");
    options.places = &places;
    // Rules of writes see what the body becomes.
    writes::Record draft;
    RequestContext request = request_;
    if (Is("create") || Is("update")) {
      const records::Caller caller = Caller();
      if (Is("create")) {
        draft = writes::NewRecord(*collection_);
      } else {
        StatusOr<std::optional<writes::Record>> found =
            writes::FindRecord(*connection_, *collection_, id_);
        if (!found.ok()) return Mistake{found.status(), ""};
        draft = **std::move(found);
      }
      request.body = writes::LaySubmission(draft, Input(caller)).body;
    }
    options.request = &request;
    const StatusOr<Plan> plan = Bind(query, *snapshot_->schema, options);
    if (!plan.ok()) return RefuseUnbound(plan.status(), asked);
    const auto follows_back = [](const Variable& variable) {
      return variable.parent == kBaseVar &&
             (variable.domain == Domain::kBack || variable.domain == Domain::kBackElements);
    };
    if (Is("create") && std::any_of(plan->variables.begin(), plan->variables.end(), follows_back))
      return Refuse(400, "a createRule that follows a back-relation never holds");
    RowSource::Rows subjects = rows_;
    if (Is("create"))
      subjects = {std::make_shared<writes::RecordColumns>(writes::VirtualRow(draft))};
    return AskSubjects(*plan, places, subjects, std::move(asked));
  }

  // Ids of views may repeat: one row that passes is enough.
  Step AskSubjects(const Plan& plan, const std::vector<CondPlace>& places,
                   const RowSource::Rows& subjects, WhyRule asked) {
    records::StoredRows rows(*snapshot_->schema, *connection_);
    TraceLimits limits;
    limits.predicate.now = request_.now;
    for (const auto& subject : subjects) {
      const StatusOr<Trace> trace = TraceMatch(plan, *subject, &rows, limits);
      if (!trace.ok())
        return Refuse(Is("list") ? 400 : action_->refused,
                      "it cannot be worked out: " + std::string(AsStd(trace.status().message())));
      if (&subject != &subjects.front() && !trace->matches) continue;
      asked.holds = trace->matches;
      asked.clauses = MakeClauses(plan, *trace, places, {asked.rule, asked.filter});
      asked.rows = MakeRows(plan, trace->rows);
      asked.combinations = trace->assignments;
      asked.complete = trace->complete;
      if (asked.holds) break;
    }
    const std::string what = asked.rule.empty()     ? "the filter"
                             : asked.filter.empty() ? "the " + asked.name
                                                    : "the " + asked.name + " and the filter";
    report_.allowed = asked.holds;
    report_.status = asked.holds ? 200 : action_->refused;
    report_.because = what + (asked.holds ? " held" : " did not hold");
    if (asked.filter.empty() || asked.rule.empty())
      report_.because = what + (asked.holds ? " holds" : " does not hold");
    if (!asked.holds && Is("list")) report_.because += ", so the record is not in the list";
    report_.rule = std::move(asked);
    return std::nullopt;
  }

  Step RefuseUnbound(const Status& status, const WhyRule& asked) {
    const std::optional<Diagnostic> diagnostic = GetDiagnostic(status);
    const bool of_filter = diagnostic && diagnostic->code.starts_with("filter_");
    const std::string& source = of_filter ? asked.filter : asked.rule;
    std::string text = "the " + (of_filter ? "filter" : asked.name) + " means nothing: ";
    text += diagnostic && !source.empty() && diagnostic->span.end <= source.size()
                ? Render(*diagnostic, source)
                : std::string(AsStd(status.message()));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return Refuse(Is("list") ? 400 : action_->refused, std::move(text));
  }

  const Arguments& arguments_;
  std::unique_ptr<store::Connection> connection_;
  std::unique_ptr<store::ReadSnapshot> read_;
  std::shared_ptr<const store::Snapshot> snapshot_;
  const ActionKind* action_ = nullptr;
  FolderCaller who_;
  RequestContext request_;
  const Collection* collection_ = nullptr;
  std::string id_;
  RowSource::Rows rows_;
  fields::Submission submission_;
  writes::PasswordWork passwords_;
  WhyReport report_;
};

}  // namespace

int RunWhy(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  const auto text = [] { return po::value<std::string>()->default_value(""); };
  flags.add_options()("dir", po::value<std::string>()->default_value("pb_data"), "the data folder")(
      "record", po::value<std::string>()->required(), "COLLECTION/ID; the first word")(
      "as", text(), "who asks: COLLECTION/ID, or superuser; else a guest")(
      "action", text(), "view (unless given), list, create, update or delete")(
      "filter", text(), "a client's filter, for list")("body", text(),
                                                       "the JSON object that is sent")(
      "query", po::value<std::vector<std::string>>(), "NAME=VALUE of @request.query; repeatable")(
      "header", po::value<std::vector<std::string>>(),
      "NAME=VALUE of @request.headers; repeatable")(
      "encryptionEnv", text(), "environment variable with the 32 byte key of the stored settings")(
      "json", "for programs: one JSON object");
  const Arguments parsed = ParseArguments(
      arguments, flags, {"record"},
      "sluice why --dir FOLDER [--as users/ID] COLLECTION/ID [--action A] [--filter F]", kAbout);
  if (parsed.exit_status) return *parsed.exit_status;
  Asker asker(parsed);
  if (const std::optional<Mistake> mistake = asker.Run()) return Say(*mistake);
  std::cout << (parsed.Has("json") ? ToJson(asker.report()) : ToText(asker.report()));
  return asker.report().allowed ? kAllowed : kRefused;
}

}  // namespace sluice::cli
