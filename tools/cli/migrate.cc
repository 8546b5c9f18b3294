// sluice migrate: there is nothing to migrate; scripts that call it go on.
#include <iostream>

#include "tools/cli/command.h"
#include "tools/cli/data_folder.h"

namespace sluice::cli {

namespace po = boost::program_options;

int RunMigrate(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  AddFolderFlags(flags);
  flags.add_options()("action", po::value<std::string>()->default_value("up"),
                      "the first word: what to do");
  const Arguments parsed = ParseArguments(
      arguments, flags, {"action"}, "sluice migrate [up] [--dir FOLDER]",
      "Makes the data folder if it is not there. Migrations in JavaScript are not run.");
  if (parsed.exit_status) return *parsed.exit_status;
  const std::string action = parsed.Get<std::string>("action");
  if (action != "up") {
    std::cerr << "Error: unsupported command: \"" << action << "\"\n";
    return kUsage;
  }
  const auto folder = DataFolder::Open(parsed);
  if (!folder.ok()) return Fail(folder.status());
  const auto snapshot = (*folder)->Load();
  if (!snapshot.ok()) return Fail(snapshot.status());
  std::cout << "No new migrations to apply.\n";
  return kDone;
}

}  // namespace sluice::cli
