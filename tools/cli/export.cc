// sluice export: collections as JSON, for `sluice import` and the peer's.
#include <iostream>

#include "tools/cli/command.h"
#include "tools/cli/data_folder.h"
#include "tools/server/collections/collection_json.h"

namespace sluice::cli {

namespace po = boost::program_options;

int RunExport(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  AddFolderFlags(flags);
  const Arguments parsed = ParseArguments(
      arguments, flags, {}, "sluice export [--dir FOLDER] > collections.json",
      "Prints all collections as the API shows them: without secrets, without records.");
  if (parsed.exit_status) return *parsed.exit_status;
  const auto folder = DataFolder::Open(parsed);
  if (!folder.ok()) return Fail(folder.status());
  const auto snapshot = (*folder)->Load();
  if (!snapshot.ok()) return Fail(snapshot.status());
  std::string out;
  for (const auto& collection : (*snapshot)->schema->collections()) {
    out += out.empty() ? "[\n" : ",\n";
    collections::AppendCollection(out, *collection);
  }
  std::cout << out << "\n]\n";
  return kDone;
}

}  // namespace sluice::cli
