// Flags of a command, by Boost.Program_options, with uniform help and errors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "boost/program_options.hpp"

namespace sluice::cli {

// What was given on the command line. `exit_status` is set when the command
// has nothing left to do: help was shown, or the flags were wrong.
struct Arguments {
  boost::program_options::variables_map values;
  std::optional<int> exit_status;

  bool Has(const char* name) const { return values.count(name) > 0; }
  template <typename T>
  T Get(const char* name) const {
    return values[name].as<T>();
  }
};

// Parses `arguments` by `flags` and, in their order, the positional names; one
// that ends in "..." takes all that are left.
// `usage` is the line after "usage: "; `about` stands under it in the help.
Arguments ParseArguments(const std::vector<std::string>& arguments,
                         boost::program_options::options_description flags,
                         const std::vector<std::string>& positional, std::string_view usage,
                         std::string_view about);

}  // namespace sluice::cli
