// sluice parse.
#include <iostream>
#include <iterator>

#include "sluice/diagnostic.h"
#include "sluice/parser.h"
#include "sluice/strings.h"
#include "tools/cli/arguments.h"
#include "tools/cli/command.h"

namespace sluice::cli {

namespace po = boost::program_options;

int RunParse(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  flags.add_options()("filter", po::value<std::string>()->required(),
                      "the filter; - reads it from standard input")(
      "rule", "as a stored rule: without the length limit of a client's filter");
  const Arguments parsed = ParseArguments(
      arguments, flags, {"filter"}, "sluice parse FILTER [--rule]",
      "Prints the tree of a filter and its normal form, or what is wrong and where.");
  if (parsed.exit_status) return *parsed.exit_status;
  std::string text = parsed.Get<std::string>("filter");
  if (text == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
    while (!text.empty() && text.back() == '\n') text.pop_back();
  }
  const StatusOr<Ast> ast = ParseFilter(text, parsed.Has("rule") ? RuleLimits() : ParseLimits());
  if (!ast.ok()) {
    const std::optional<Diagnostic> diagnostic = GetDiagnostic(ast.status());
    std::cerr << (diagnostic ? Render(*diagnostic, text)
                             : std::string(AsStd(ast.status().message())))
              << "\n";
    return kFailed;
  }
  std::cout << Dump(*ast) << "\n" << ToFilterText(*ast) << "\n";
  return kDone;
}

}  // namespace sluice::cli
