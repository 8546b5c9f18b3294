// The sluice program.
#include <array>
#include <iostream>

#include "tools/cli/command.h"
#include "tools/server/store/connection.h"

namespace {

using sluice::cli::Command;

constexpr std::array<Command, 13> kCommands = {{
    {"serve", "answer PocketBase's HTTP API from a data folder", &sluice::cli::RunServe},
    {"superuser", "make and remove superusers", &sluice::cli::RunSuperuser},
    {"settings", "show and change settings", &sluice::cli::RunSettings},
    {"export", "print all collections as JSON", &sluice::cli::RunExport},
    {"import", "make and change collections as a file says", &sluice::cli::RunImport},
    {"check", "say what is wrong or odd in a data folder", &sluice::cli::RunCheck},
    {"audit", "say who may do what by which rule, and which rules let too much through",
     &sluice::cli::RunAudit},
    {"migrate", "make the folder; otherwise nothing", &sluice::cli::RunMigrate},
    {"explain", "show what a filter means, its SQL, and how the database runs it",
     &sluice::cli::RunExplain},
    {"advise", "say which indexes are missing, by what they save on a copy",
     &sluice::cli::RunAdvise},
    {"why", "say clause by clause why a record is seen, hidden or refused", &sluice::cli::RunWhy},
    {"parse", "show the tree of a filter, or where it is wrong", &sluice::cli::RunParse},
    {"eval", "evaluate a filter on a JSON record in memory", &sluice::cli::RunEval},
}};

void PrintHelp(std::ostream& out) {
  out << "usage: sluice COMMAND [flags]\n\nCommands:\n";
  for (const Command& command : kCommands) {
    out << "  " << command.name << std::string(12 - command.name.size(), ' ') << command.summary
        << "\n";
  }
  out << "\n  sluice COMMAND --help   the flags of a command\n  sluice --version        versions "
         "of Sluice and SQLite\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    PrintHelp(std::cerr);
    return sluice::cli::kUsage;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    PrintHelp(std::cout);
    return sluice::cli::kDone;
  }
  if (arguments[0] == "--version" || arguments[0] == "-v") {
    std::cout << "sluice " << SLUICE_VERSION << " (SQLite " << sluice::store::SqliteVersion()
              << ")\n";
    return sluice::cli::kDone;
  }
  for (const Command& command : kCommands) {
    if (command.name == arguments[0]) return command.run({arguments.begin() + 1, arguments.end()});
  }
  std::cerr << "sluice: there is no command \"" << arguments[0] << "\"\n\n";
  PrintHelp(std::cerr);
  return sluice::cli::kUsage;
}
