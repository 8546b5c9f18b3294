#include <iostream>
#include "tools/cli/command.h"
namespace sluice::cli {
int RunExplain(const std::vector<std::string>&) { std::cerr << "sluice: explain is being built\n"; return kFailed; }
int RunParse(const std::vector<std::string>&) { return kFailed; }
int RunEval(const std::vector<std::string>&) { return kFailed; }
}
