// sluice settings: show and change them without a browser.
#include <iostream>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"

#include "tools/cli/command.h"
#include "tools/cli/data_folder.h"
#include "tools/server/http/json_text.h"
#include "tools/server/settings/form.h"
#include "tools/server/settings/save.h"
#include "tools/server/settings/settings_json.h"
#include "tools/server/settings/validate.h"

namespace sluice::cli {
namespace {

namespace bj = boost::json;
namespace po = boost::program_options;
using Values = std::vector<std::string>;

constexpr char kUsageLine[] = "sluice settings get [KEY…] | set KEY=VALUE… [--dir FOLDER]";
constexpr char kAbout[] =
    "  get [KEY…]        prints settings as JSON, one line each; without a key all of them\n"
    "  set KEY=VALUE…    changes settings, all together or none\n"
    "Keys are those of the API, with dots: batch.enabled=true meta.appName='My app'\n"
    "backups.s3.bucket=b superuserIPs='[\"10.0.0.0/8\"]'. A value that is no JSON is a text.\n"
    "Secrets are not shown. A running server notices the change at once.";

int UsageError(std::string_view message) {
  std::cerr << "Error: " << message << "\nusage: " << kUsageLine << "\n";
  return kUsage;
}

const bj::value* At(const bj::value& value, std::string_view path) {
  if (!value.is_object()) return nullptr;
  const std::size_t dot = path.find('.');
  const std::string_view head = path.substr(0, dot);
  const bj::value* found =
      value.get_object().if_contains(bj::string_view(head.data(), head.size()));
  if (found == nullptr || dot == std::string_view::npos) return found;
  return At(*found, path.substr(dot + 1));
}

int Get(DataFolder& folder, const Values& keys) {
  const auto snapshot = folder.Load();
  if (!snapshot.ok()) return Fail(snapshot.status());
  const std::string text = settings::ToPublicJson((*snapshot)->settings);
  if (keys.empty()) std::cout << text << "\n";
  const bj::value all = bj::parse(text);
  for (const std::string& key : keys) {
    const bj::value* value = At(all, key);
    if (value == nullptr) return Fail("there is no setting \"" + key + "\"");
    std::string out;
    http::AppendJsonValue(out, *value);
    std::cout << out << "\n";
  }
  return kDone;
}

// JSON when it is JSON of the setting's type, else a text.
Status SetOne(std::string_view assignment, store::Settings& settings) {
  const std::size_t equals = assignment.find('=');
  const std::string_view key = assignment.substr(0, equals);
  const std::string_view text = assignment.substr(equals + 1);
  const StatusOr<bj::value> json = http::ParseJson(text, http::JsonTail::kMustBeBlank);
  if (json.ok()) {
    store::Settings changed = settings;
    const Status status = settings::SetByPath(key, *json, changed);
    if (status.ok()) settings = std::move(changed);
    if (status.ok() || absl::IsNotFound(status)) return status;
  }
  const Status status = settings::SetByPath(key, bj::string(text.data(), text.size()), settings);
  if (!absl::IsInvalidArgument(status)) return status;
  return absl::InvalidArgumentError(std::string(key) + " cannot be " + std::string(text));
}

// Why these are no assignments; empty when they are.
std::string AssignmentsMistake(const Values& assignments) {
  if (assignments.empty()) return "missing KEY=VALUE";
  for (const std::string& assignment : assignments) {
    if (assignment.find('=') == std::string::npos)
      return "\"" + assignment + "\" is not of the form KEY=VALUE";
  }
  return "";
}

int Set(DataFolder& folder, const Values& assignments) {
  const Status status = folder.Transaction([&](store::Connection& connection) {
    return settings::ChangeSettings(
               connection, folder.key(),
               [&assignments](store::Settings& settings) -> Status {
                 for (const std::string& assignment : assignments)
                   SLUICE_RETURN_IF_ERROR(SetOne(assignment, settings));
                 const std::vector<http::ErrorEntry> mistakes = settings::Validate(settings);
                 return mistakes.empty() ? absl::OkStatus()
                                         : absl::InvalidArgumentError(settings::OneLine(mistakes));
               })
        .status();
  });
  if (!status.ok()) return Fail(status);
  folder.Announce("settings");
  std::cout << "Successfully saved the settings!\n";
  return kDone;
}

}  // namespace

int RunSettings(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  AddFolderFlags(flags);
  flags.add_options()("action", po::value<std::string>()->default_value(""),
                      "the first word: what to do")(
      "values", po::value<Values>()->default_value({}, ""), "the words after it");
  const Arguments parsed =
      ParseArguments(arguments, flags, {"action", "values..."}, kUsageLine, kAbout);
  if (parsed.exit_status) return *parsed.exit_status;
  const std::string action = parsed.Get<std::string>("action");
  if (action != "get" && action != "set")
    return UsageError(action.empty() ? "missing command" : "unknown command \"" + action + "\"");
  const Values values = parsed.Get<Values>("values");
  const std::string mistake = action == "set" ? AssignmentsMistake(values) : "";
  if (!mistake.empty()) return UsageError(mistake);
  const auto folder = DataFolder::Open(parsed);
  if (!folder.ok()) return Fail(folder.status());
  return action == "get" ? Get(**folder, values) : Set(**folder, values);
}

}  // namespace sluice::cli
