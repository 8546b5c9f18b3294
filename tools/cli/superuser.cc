// sluice superuser: accounts that may do everything, and where from.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <utility>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"

#include "tools/cli/command.h"
#include "tools/cli/data_folder.h"
#include "tools/server/auth/password_hash.h"
#include "tools/server/auth/random_text.h"
#include "tools/server/http/api_error.h"
#include "tools/server/settings/checks.h"
#include "tools/server/settings/save.h"
#include "tools/server/settings/validate.h"
#include "tools/server/store/superusers.h"
#include "tools/server/store/system_tables.h"

namespace sluice::cli {
namespace {

namespace bj = boost::json;
namespace po = boost::program_options;
using Values = std::vector<std::string>;
using Mistakes = std::vector<http::ErrorEntry>;

constexpr char kUsageLine[] =
    "sluice superuser upsert|create|update|delete|otp|ips [EMAIL [PASSWORD] | IP…] [--dir FOLDER]";
constexpr char kAbout[] =
    "  upsert EMAIL PASSWORD   makes a superuser, or gives it a new password\n"
    "  create EMAIL PASSWORD   makes a superuser\n"
    "  update EMAIL PASSWORD   gives a superuser a new password\n"
    "  delete EMAIL            removes a superuser\n"
    "  otp EMAIL               makes a one-time password\n"
    "  ips [IP|SUBNET…]        says where superusers may come from; none: anywhere\n"
    "A running server notices the change. Put -- before a password that begins with a dash.";

int UsageError(std::string_view message) {
  std::cerr << "Error: " << message << "\nusage: " << kUsageLine << "\n";
  return kUsage;
}

std::string Now() { return store::StoredTime(std::chrono::system_clock::now()); }

bj::object ParseObject(const std::string& text) {
  boost::system::error_code error;
  bj::value value = bj::parse(text, error);
  return !error && value.is_object() ? std::move(value.get_object()) : bj::object();
}

std::int64_t Integer(const bj::object& object, const char* key, std::int64_t otherwise) {
  const bj::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() && value->get_int64() > 0 ? value->get_int64()
                                                                         : otherwise;
}

// What the password field of `_superusers` asks for (S-20).
struct PasswordRule {
  std::int64_t min = 0;
  std::int64_t max = 71;
  std::int64_t cost = auth::kPasswordCostDefault;
};

PasswordRule RuleOf(const Collection& superusers) {
  PasswordRule rule;
  const Field* field = superusers.FindField("password");
  if (field == nullptr) return rule;
  const bj::object options = ParseObject(field->options_json);
  return {Integer(options, "min", 0), Integer(options, "max", rule.max),
          Integer(options, "cost", rule.cost)};
}

std::int64_t CountCharacters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

//
std::string PasswordMistake(const std::string& password, const PasswordRule& rule) {
  if (password.empty()) return "cannot be blank";
  if (password.size() > auth::kPasswordBytesMax) return "Invalid value.";
  if (CountCharacters(password) < rule.min)
    return "Must be at least " + std::to_string(rule.min) + " character(s).";
  if (CountCharacters(password) > rule.max)
    return "Must be less than " + std::to_string(rule.max) + " character(s).";
  return "";
}

const Collection* FindSuperusers(const store::Snapshot& snapshot) {
  return snapshot.schema->Find("_superusers");
}

enum class Mode { kUpsert, kCreate, kUpdate };

struct SaveTexts {
  std::string_view success;
  std::string_view success_end;
  std::string_view failure;
};

SaveTexts TextsOf(Mode mode) {
  switch (mode) {
    case Mode::kUpsert:
      return {"Successfully saved superuser \"", "\"!", "failed to upsert superuser account: "};
    case Mode::kCreate:
      return {"Successfully created new superuser \"", "\"!",
              "failed to create new superuser account: "};
    case Mode::kUpdate:
      break;
  }
  return {"Successfully changed superuser \"", "\" password!",
          "failed to change superuser password: "};
}

// In the transaction: the mistakes of the input, or the row.
StatusOr<Mistakes> Write(store::Connection& connection, Mode mode, store::SuperuserRow row,
                         const Mistakes& mistakes_before) {
  Mistakes mistakes = mistakes_before;
  SLUICE_ASSIGN_OR_RETURN(const std::optional<store::SuperuserRow> found,
                          store::FindSuperuser(connection, row.email));
  // The database says so, after everything else was found right.
  if (found && mode == Mode::kCreate && mistakes.empty()) {
    mistakes.push_back(
        {.key = "email", .code = "validation_not_unique", .message = "Value must be unique."});
  }
  if (!found && mode == Mode::kUpdate)
    return absl::NotFoundError("superuser with email \"" + row.email + "\" doesn't exist");
  if (!mistakes.empty()) return mistakes;
  if (!found) {
    SLUICE_RETURN_IF_ERROR(store::InsertSuperuser(connection, row, Now()));
  } else {
    row.id = found->id;
    SLUICE_RETURN_IF_ERROR(store::ChangeSuperuserPassword(connection, row, Now()));
  }
  return mistakes;
}

int Save(DataFolder& folder, Mode mode, const Values& values) {
  const std::string& email = values[0];
  const SaveTexts texts = TextsOf(mode);
  if (!settings::IsEmail(email)) return Fail("missing or invalid email address");
  const auto snapshot = folder.Load();
  if (!snapshot.ok()) return Fail(snapshot.status());
  const Collection* superusers = FindSuperusers(**snapshot);
  if (superusers == nullptr) return Fail("the folder has no collection _superusers");
  const PasswordRule rule = RuleOf(*superusers);
  Mistakes mistakes;
  if (const std::string mistake = PasswordMistake(values[1], rule); !mistake.empty()) {
    mistakes.push_back({.key = "password", .code = "validation_invalid_value", .message = mistake});
  }
  store::SuperuserRow row{auth::RandomText(15, auth::kIdAlphabet), email, "", auth::RandomText(50)};
  if (mistakes.empty()) {
    StatusOr<std::string> hash = auth::HashPassword(values[1], static_cast<int>(rule.cost));
    if (!hash.ok()) return Fail(hash.status());
    row.password = *std::move(hash);
  }
  Mistakes found;
  const Status status = folder.Transaction([&](store::Connection& connection) -> Status {
    SLUICE_ASSIGN_OR_RETURN(found, Write(connection, mode, row, mistakes));
    return absl::OkStatus();
  });
  if (absl::IsNotFound(status)) return Fail(status);
  if (!status.ok()) return Fail(std::string(texts.failure) + std::string(AsStd(status.message())));
  if (!found.empty()) return Fail(std::string(texts.failure) + settings::OneLine(found));
  std::cout << texts.success << email << texts.success_end << "\n";
  return kDone;
}

int Upsert(DataFolder& folder, const Values& values) { return Save(folder, Mode::kUpsert, values); }
int Create(DataFolder& folder, const Values& values) { return Save(folder, Mode::kCreate, values); }
int Update(DataFolder& folder, const Values& values) { return Save(folder, Mode::kUpdate, values); }

int Delete(DataFolder& folder, const Values& values) {
  if (!settings::IsEmail(values[0])) return Fail("invalid or missing email address");
  bool missing = false;
  const Status status = folder.Transaction([&](store::Connection& connection) -> Status {
    SLUICE_ASSIGN_OR_RETURN(const std::optional<store::SuperuserRow> found,
                            store::FindSuperuser(connection, values[0]));
    missing = !found;
    if (missing) return absl::OkStatus();
    SLUICE_ASSIGN_OR_RETURN(const std::int64_t others,
                            store::CountOtherSuperusers(connection, found->id));
    if (others == 0) return absl::FailedPreconditionError("it is the only one");
    return store::DeleteSuperuser(connection, found->id);
  });
  if (!status.ok())
    return Fail("failed to delete superuser \"" + values[0] +
                "\": " + std::string(AsStd(status.message())));
  if (missing) {
    std::cout << "superuser \"" << values[0] << "\" is missing or already deleted\n";
    return kDone;
  }
  std::cout << "Successfully deleted superuser \"" << values[0] << "\"!\n";
  return kDone;
}

int Otp(DataFolder& folder, const Values& values) {
  if (!settings::IsEmail(values[0])) return Fail("invalid or missing email address");
  const auto snapshot = folder.Load();
  if (!snapshot.ok()) return Fail(snapshot.status());
  const Collection* superusers = FindSuperusers(**snapshot);
  const bj::object options = ParseObject(superusers == nullptr ? "" : superusers->options_json);
  const bj::value* otp = options.if_contains("otp");
  const bj::value* enabled =
      otp != nullptr && otp->is_object() ? otp->get_object().if_contains("enabled") : nullptr;
  if (enabled == nullptr || !enabled->is_bool() || !enabled->get_bool())
    return Fail("OTP auth is not enabled for the _superusers collection");
  const std::int64_t seconds = Integer(otp->get_object(), "duration", 180);
  const std::string code = auth::RandomText(
      static_cast<std::size_t>(std::min<std::int64_t>(Integer(otp->get_object(), "length", 8), 70)),
      "0123456789");
  // A code lives for minutes: the cheap cost of its field (S-24).
  StatusOr<std::string> hash = auth::HashPassword(code, 8);
  if (!hash.ok()) return Fail(hash.status());
  store::OtpRow row{auth::RandomText(15, auth::kIdAlphabet), superusers->id, "", *std::move(hash)};
  const Status status = folder.Transaction([&](store::Connection& connection) -> Status {
    SLUICE_ASSIGN_OR_RETURN(const std::optional<store::SuperuserRow> found,
                            store::FindSuperuser(connection, values[0]));
    if (!found)
      return absl::NotFoundError("superuser with email \"" + values[0] + "\" doesn't exist");
    row.record_id = found->id;
    return store::InsertOtp(connection, row, Now());
  });
  if (!status.ok()) return Fail(status);
  std::cout << "Successfully created OTP for superuser \"" << values[0] << "\":\n"
            << "  id:    " << row.id << "\n  code:  " << code << "\n  valid: " << seconds
            << " seconds\n";
  return kDone;
}

int Ips(DataFolder& folder, const Values& values) {
  const Status status = folder.Transaction([&](store::Connection& connection) {
    return settings::ChangeSettings(
               connection, folder.key(),
               [&values](store::Settings& settings) -> Status {
                 settings.superuser_ips = values;
                 const Mistakes mistakes = settings::Validate(settings);
                 return mistakes.empty() ? absl::OkStatus()
                                         : absl::InvalidArgumentError(settings::OneLine(mistakes));
               })
        .status();
  });
  if (!status.ok()) return Fail(status);
  folder.Announce("settings");
  if (values.empty()) {
    std::cout << "Successfully cleared SuperuserIPs setting!\n";
    return kDone;
  }
  std::cout << "Successfully updated SuperuserIPs setting:\n";
  for (const std::string& ip : values) std::cout << "  " << ip << "\n";
  return kDone;
}

struct Action {
  std::string_view name;
  int values;  // how many; -1: any number
  std::string_view missing;
  int (*run)(DataFolder&, const Values&);
};
constexpr std::string_view kMissingBoth = "missing email and password arguments";
constexpr std::string_view kMissingEmail = "invalid or missing email address";
constexpr Action kActions[] = {
    {"upsert", 2, kMissingBoth, &Upsert}, {"create", 2, kMissingBoth, &Create},
    {"update", 2, kMissingBoth, &Update}, {"delete", 1, kMissingEmail, &Delete},
    {"otp", 1, kMissingEmail, &Otp},      {"ips", -1, "", &Ips}};

}  // namespace

int RunSuperuser(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  AddFolderFlags(flags);
  flags.add_options()("action", po::value<std::string>()->default_value(""),
                      "the first word: what to do")(
      "values", po::value<Values>()->default_value({}, ""), "the words after it");
  const Arguments parsed =
      ParseArguments(arguments, flags, {"action", "values..."}, kUsageLine, kAbout);
  if (parsed.exit_status) return *parsed.exit_status;
  const std::string name = parsed.Get<std::string>("action");
  for (const Action& action : kActions) {
    if (action.name != name) continue;
    const Values values = parsed.Get<Values>("values");
    if (action.values >= 0 && std::cmp_not_equal(values.size(), action.values))
      return UsageError(action.missing);
    const auto folder = DataFolder::Open(parsed);
    if (!folder.ok()) return Fail(folder.status());
    return action.run(**folder, values);
  }
  return UsageError(name.empty() ? "missing command" : "unknown command \"" + name + "\"");
}

}  // namespace sluice::cli
