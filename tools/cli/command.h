// One command of the program: its name, what it says of itself, what it does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

// The exit status: 0 done, 1 failed (said on standard error), 2 used wrongly.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(const std::vector<std::string>& arguments);
};

int RunServe(const std::vector<std::string>& arguments);
int RunExplain(const std::vector<std::string>& arguments);
int RunParse(const std::vector<std::string>& arguments);
int RunSuperuser(const std::vector<std::string>& arguments);
int RunSettings(const std::vector<std::string>& arguments);
int RunExport(const std::vector<std::string>& arguments);
int RunImport(const std::vector<std::string>& arguments);
int RunCheck(const std::vector<std::string>& arguments);
int RunMigrate(const std::vector<std::string>& arguments);
int RunAudit(const std::vector<std::string>& arguments);
int RunAdvise(const std::vector<std::string>& arguments);
int RunWhy(const std::vector<std::string>& arguments);
int RunEval(const std::vector<std::string>& arguments);

}  // namespace sluice::cli
