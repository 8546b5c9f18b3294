// sluice check: what is wrong or odd in a data folder, without changing it.
#include <iostream>
#include <set>

#include "sluice/binder.h"
#include "sluice/parser.h"
#include "tools/cli/command.h"
#include "tools/cli/data_folder.h"
#include "tools/server/settings/save.h"
#include "tools/server/settings/validate.h"
#include "tools/server/store/odd_values.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::cli {
namespace {

namespace po = boost::program_options;

constexpr char kAbout[] =
    "Opens the folder for reading only and says what is wrong or odd in it: rules that mean\n"
    "nothing, fields without a column, views that cannot be read, indexes that are missing\n"
    "or that rules would need, stored values of another form than today's, settings that\n"
    "could not be saved again. Exit status 0: nothing; 1: something, or it cannot be read.";

class Check {
 public:
  Check(const store::Snapshot& snapshot, store::Connection& connection)
      : snapshot_(snapshot), connection_(connection) {}

  Status Run() {
    for (const auto& collection : snapshot_.schema->collections())
      SLUICE_RETURN_IF_ERROR(CheckCollection(*collection));
    const auto mistakes = settings::Validate(snapshot_.settings);
    if (!mistakes.empty()) Say("settings", settings::OneLine(mistakes));
    return absl::OkStatus();
  }

  int findings() const { return findings_; }

 private:
  void Say(const std::string& where, const std::string& what) {
    ++findings_;
    std::cout << where << ": " << what << "\n";
  }

  Status CheckCollection(const Collection& collection) {
    const Status readable = store::CheckReadable(connection_, collection);
    if (!readable.ok()) {
      Say(collection.name, std::string(collection.is_view() ? "the view" : "the table") +
                               " cannot be read: " + std::string(AsStd(readable.message())));
    } else {
      SLUICE_RETURN_IF_ERROR(CheckTable(collection));
    }
    CheckRules(collection);
    return absl::OkStatus();
  }

  Status CheckTable(const Collection& collection) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> fields,
                            store::FieldsWithoutColumn(connection_, collection));
    for (const std::string& field : fields) Say(collection.name + "." + field, "has no column");
    if (collection.is_view()) return absl::OkStatus();
    SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> indexes,
                            store::MissingIndexes(connection_, collection));
    for (const std::string& index : indexes)
      Say(collection.name, "the index " + index + " is not in the database");
    SLUICE_ASSIGN_OR_RETURN(const std::vector<store::OddValues> odd,
                            store::FindOddValues(connection_, collection));
    for (const store::OddValues& values : odd) {
      Say(collection.name + "." + values.field, values.what + " in " + std::to_string(values.rows) +
                                                    " row(s), for example " + values.example_id);
    }
    return absl::OkStatus();
  }

  void CheckRules(const Collection& collection) {
    const std::pair<const char*, const RuleText&> rules[] = {
        {"listRule", collection.list_rule},     {"viewRule", collection.view_rule},
        {"createRule", collection.create_rule}, {"updateRule", collection.update_rule},
        {"deleteRule", collection.delete_rule}, {"authRule", collection.auth_rule},
        {"manageRule", collection.manage_rule}};
    for (const auto& [name, rule] : rules) {
      if (!rule || rule->empty()) continue;
      const std::string where = collection.name + "." + name;
      const StatusOr<Ast> ast = ParseFilter(*rule, RuleLimits());
      if (!ast.ok()) {
        Say(where, "does not parse: " + std::string(AsStd(ast.status().message())));
        continue;
      }
      Query query;
      query.collection = &collection;
      query.rule = &*ast;
      const RequestContext request;
      const StatusOr<Plan> plan =
          Bind(query, *snapshot_.schema, {.filter_mode = BindMode::kOpen, .request = &request});
      if (!plan.ok()) {
        Say(where, "means nothing: " + std::string(AsStd(plan.status().message())));
        continue;
      }
      CheckBackRelations(where, *plan);
    }
  }

  // A back-relation looks for the rows that point here: for each row, again.
  void CheckBackRelations(const std::string& where, const Plan& plan) {
    for (const Variable& variable : plan.variables) {
      if (variable.domain != Domain::kBack || variable.collection == nullptr ||
          variable.collection->is_view())
        continue;
      if (HasIndexOn(*variable.collection, variable.column)) continue;
      const std::string table = variable.collection->name;
      if (!wished_.insert(table + "." + variable.column).second) continue;
      Say(where, "reads all of " + table +
                     " for each row; this index would help: CREATE INDEX `idx_" + table + "_" +
                     variable.column + "` ON `" + table + "` (`" + variable.column + "`)");
    }
  }

  static bool HasIndexOn(const Collection& collection, const std::string& column) {
    for (const Index& index : collection.indexes) {
      if (index.where.empty() && !index.columns.empty() &&
          EqualsIgnoreCase(index.columns[0], column))
        return true;
    }
    return false;
  }

  const store::Snapshot& snapshot_;
  store::Connection& connection_;
  std::set<std::string> wished_;
  int findings_ = 0;
};

}  // namespace

int RunCheck(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  flags.add_options()("folder", po::value<std::string>(), "the data folder; the first word")(
      "encryptionEnv", po::value<std::string>()->default_value(""),
      "environment variable with the 32 byte key of the stored settings");
  const Arguments parsed =
      ParseArguments(arguments, flags, {"folder"}, "sluice check FOLDER", kAbout);
  if (parsed.exit_status) return *parsed.exit_status;
  if (!parsed.Has("folder")) {
    std::cerr << "Error: missing folder\nusage: sluice check FOLDER\n";
    return kUsage;
  }
  const auto key = settings::KeyFromEnvironment(parsed.Get<std::string>("encryptionEnv"));
  if (!key.ok()) return Fail(key.status());
  const auto connection =
      store::Connection::OpenUnchanging(parsed.Get<std::string>("folder") + "/data.db", {});
  if (!connection.ok()) return Fail(connection.status());
  const auto snapshot = store::LoadSnapshot(**connection, settings::OpenerOf(*key));
  if (!snapshot.ok()) return Fail(snapshot.status());
  Check check(**snapshot, **connection);
  if (const Status status = check.Run(); !status.ok()) return Fail(status);
  if (check.findings() == 0) {
    std::cout << "Nothing to report.\n";
    return kDone;
  }
  return kFailed;
}

}  // namespace sluice::cli
