// sluice audit. Tested by tests/server/cli_audit_test.cc.
#include <algorithm>
#include <iostream>

#include "tools/cli/arguments.h"
#include "tools/cli/audit_report.h"
#include "tools/cli/command.h"
#include "tools/cli/data_folder.h"
#include "tools/server/settings/save.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::cli {
namespace {

namespace po = boost::program_options;

constexpr char kAbout[] =
    "Opens the folder for reading only and says what guests, users, managers and superusers can\n"
    "read, filter by, sort by, expand and write, by which rule; and where rules let through what\n"
    "they should not. Records are not looked at. Exit status 0: nothing as grave as --fail-on;\n"
    "1: something; 2: the folder cannot be read.";

constexpr int kNothing = 0;
constexpr int kFound = 1;
constexpr int kError = 2;

AuditReport MakeReport(const store::Snapshot& snapshot) {
  AuditRules rules(snapshot);
  AuditReport report;
  for (const CallerKind& caller : rules.callers()) report.callers.push_back(caller.name);
  report.callers.insert(report.callers.end(), {"manager", "superuser"});
  report.collections = FindAccess(rules);
  FindInRules(rules, report.findings);
  FindAcrossRules(rules, report.findings);
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  return report;
}

int Audit(const Arguments& arguments) {
  const std::string level = arguments.Get<std::string>("fail-on");
  const std::optional<Severity> fail_on = ParseSeverity(level);
  if (!fail_on && level != "never")
    return Fail("--fail-on is info, low, medium, high or never", kError);
  const auto key = settings::KeyFromEnvironment(arguments.Get<std::string>("encryptionEnv"));
  if (!key.ok()) return Fail(key.status(), kError);
  const auto connection =
      store::Connection::OpenUnchanging(arguments.Get<std::string>("dir") + "/data.db", {});
  if (!connection.ok()) return Fail(connection.status(), kError);
  const auto snapshot = store::LoadSnapshot(**connection, settings::OpenerOf(*key));
  if (!snapshot.ok()) return Fail(snapshot.status(), kError);
  const AuditReport report = MakeReport(**snapshot);
  std::cout << (arguments.Has("json") ? ToJson(report) : ToText(report));
  const bool fails =
      fail_on && std::any_of(report.findings.begin(), report.findings.end(),
                             [&](const Finding& finding) { return finding.severity >= *fail_on; });
  return fails ? kFound : kNothing;
}

}  // namespace

int RunAudit(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  flags.add_options()("dir", po::value<std::string>()->default_value("pb_data"),
                      "the data folder; the first word")(
      "fail-on", po::value<std::string>()->default_value("medium"),
      "the least severity for exit status 1: info, low, medium, high, or never")(
      "encryptionEnv", po::value<std::string>()->default_value(""),
      "environment variable with the 32 byte key of the stored settings")(
      "json", "for programs: one JSON object");
  const Arguments parsed =
      ParseArguments(arguments, flags, {"dir"}, "sluice audit FOLDER [flags]", kAbout);
  return parsed.exit_status ? *parsed.exit_status : Audit(parsed);
}

}  // namespace sluice::cli
