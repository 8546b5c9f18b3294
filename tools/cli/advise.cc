// sluice advise. Tested by tests/server/cli_advise_test.cc.
#include <filesystem>
#include <iostream>
#include <unistd.h>

#include "tools/cli/advise_report.h"
#include "tools/cli/arguments.h"
#include "tools/cli/command.h"
#include "tools/cli/data_folder.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::cli {
namespace {

namespace po = boost::program_options;

constexpr char kAbout[] =
    "Ranks the indexes that a folder lacks, by the rules of its collections and, with\n"
    "--from-log, by what clients asked. What each saves is measured on a copy in the folder\n"
    "for temporary files ($TMPDIR); the data folder itself is only read, and no index is ever\n"
    "added to it. Prints CREATE INDEX statements, what saves most first. Exit status 0: no\n"
    "index would help; 1: some would; 2: the folder cannot be read.";

constexpr int kNothing = 0;
constexpr int kFound = 1;
constexpr int kError = 2;

// One line on standard error that changes, where a person looks at it.
class Progress {
 public:
  ~Progress() { Show(""); }
  void Show(const std::string& text) const {
    if (is_terminal_) std::cerr << "\r\033[K" << text << std::flush;
  }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
};

StatusOr<std::unique_ptr<store::TrialDatabase>> CopyOf(const std::string& path,
                                                       const Progress& progress) {
  progress.Show("copying " + path);
  return store::TrialDatabase::Copy(path);
}

StatusOr<AdviseReport> MakeReport(const std::string& folder, bool from_log, const std::string& as,
                                  std::size_t limit, const Progress& progress) {
  AdviseReport report;
  report.folder = folder;
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    return absl::NotFoundError("there is no folder " + folder);
  SLUICE_ASSIGN_OR_RETURN(const auto rows, CopyOf(folder + "/data.db", progress));
  report.statistics = rows->has_statistics();
  // Settings are not asked for, so encrypted ones may stay so.
  SLUICE_ASSIGN_OR_RETURN(auto snapshot,
                          store::LoadSnapshot(rows->connection(), [](std::string_view) {
                            return StatusOr<std::string>("{}");
                          }));
  RequestBinder binder(std::move(snapshot), *rows);
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> callers, binder.Callers(as));
  report.requests = binder.OfRules(callers);
  if (from_log) {
    StatusOr<std::unique_ptr<store::TrialDatabase>> log =
        CopyOf(folder + "/auxiliary.db", progress);
    if (absl::IsNotFound(log.status()))
      return absl::NotFoundError("there is no log: " + std::string(AsStd(log.status().message())));
    if (!log.ok()) return log.status();
    progress.Show("reading the log");
    SLUICE_ASSIGN_OR_RETURN(std::vector<AskedRequest> logged,
                            binder.OfLog((*log)->connection(), as, report.unread));
    if (logged.empty()) std::cerr << "Note: the log has no request to records.\n";
    report.requests.insert(report.requests.end(), std::make_move_iterator(logged.begin()),
                           std::make_move_iterator(logged.end()));
  }
  SLUICE_ASSIGN_OR_RETURN(report.advised, MeasureIndexes(binder, *rows, report.requests, limit,
                                                         [&progress](const std::string& text) {
                                                           progress.Show(text);
                                                         }));
  return report;
}

int Advise(const Arguments& arguments) {
  if (!arguments.Has("folder")) {
    std::cerr << "Error: missing folder\nusage: sluice advise FOLDER [flags]\n";
    return kError;
  }
  const auto limit = arguments.Get<unsigned>("limit");
  if (limit == 0) return Fail("--limit is at least 1", kError);
  std::string folder = arguments.Get<std::string>("folder");
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  StatusOr<AdviseReport> report = absl::InternalError("");
  {
    const Progress progress;
    report = MakeReport(folder, arguments.Has("from-log"), arguments.Get<std::string>("as"), limit,
                        progress);
  }
  if (!report.ok()) return Fail(report.status(), kError);
  std::cout << (arguments.Has("json") ? ToJson(*report) : ToText(*report));
  return report->advised.advice.empty() ? kNothing : kFound;
}

}  // namespace

int RunAdvise(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  flags.add_options()("folder", po::value<std::string>(), "the data folder; the first word")(
      "from-log", "also what clients asked, by the folder's log of requests")(
      "as", po::value<std::string>()->default_value(""),
      "who asks, instead of a guest and any user: COLLECTION/ID, or superuser")(
      "limit", po::value<unsigned>()->default_value(10), "how many indexes are advised at most")(
      "json", "for programs: one JSON object");
  const Arguments parsed =
      ParseArguments(arguments, flags, {"folder"}, "sluice advise FOLDER [flags]", kAbout);
  return parsed.exit_status ? *parsed.exit_status : Advise(parsed);
}

}  // namespace sluice::cli
