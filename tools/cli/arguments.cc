#include "tools/cli/arguments.h"

#include <iostream>

#include "tools/cli/command.h"

namespace sluice::cli {

namespace po = boost::program_options;

Arguments ParseArguments(const std::vector<std::string>& arguments, po::options_description flags,
                         const std::vector<std::string>& positional, std::string_view usage,
                         std::string_view about) {
  flags.add_options()("help,h", "show this help");
  po::positional_options_description positions;
  for (const std::string& name : positional) {
    const bool rest = name.ends_with("...");
    positions.add((rest ? name.substr(0, name.size() - 3) : name).c_str(), rest ? -1 : 1);
  }
  Arguments parsed;
  try {
    po::store(po::command_line_parser(arguments).options(flags).positional(positions).run(),
              parsed.values);
    if (parsed.values.count("help") > 0) {
      std::cout << "usage: " << usage << "\n\n" << about << "\n\n" << flags;
      parsed.exit_status = kDone;
      return parsed;
    }
    po::notify(parsed.values);
  } catch (const std::exception& error) {
    std::cerr << "sluice: " << error.what() << "\nusage: " << usage << "\nTry --help.\n";
    parsed.exit_status = kUsage;
  }
  return parsed;
}

}  // namespace sluice::cli
