#include "tools/cli/arguments.h"

#include <cstdint>
#include <iostream>
#include <typeinfo>

#include "tools/cli/command.h"

namespace sluice::cli {

namespace po = boost::program_options;

namespace {

// The conversion takes `-1` for the largest of all.
void RefuseNegatives(const po::basic_parsed_options<char>& given,
                     const po::options_description& flags) {
  for (const po::option& option : given.options) {
    const po::option_description* const flag = flags.find_nothrow(option.string_key, false);
    const auto* const typed =
        flag == nullptr ? nullptr
                        : dynamic_cast<const po::typed_value_base*>(flag->semantic().get());
    if (typed == nullptr) continue;
    if (typed->value_type() != typeid(unsigned) && typed->value_type() != typeid(std::uint64_t))
      continue;
    for (const std::string& value : option.value) {
      if (value.starts_with('-'))
        throw po::error("--" + option.string_key + " takes no number below 0: " + value);
    }
  }
}

}  // namespace

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
    const auto given =
        po::command_line_parser(arguments).options(flags).positional(positions).run();
    RefuseNegatives(given, flags);
    po::store(given, parsed.values);
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
