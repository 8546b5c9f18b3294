// sluice serve.
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <new>
#include <thread>
#include <unistd.h>

#include "tools/cli/arguments.h"
#include "tools/cli/command.h"
#include "tools/cli/operating_flags.h"
#include "tools/cli/service_notify.h"
#include "tools/server/app.h"
#include "tools/server/backups/backups.h"
#include "tools/server/store/connection.h"
#include "tools/server/threads/await_memory.h"

namespace sluice::cli {
namespace {

namespace po = boost::program_options;

constexpr char kAbout[] =
    "Answers the HTTP API of PocketBase 0.39 from a data folder, which is made when it is\n"
    "not there. Ends on SIGTERM or SIGINT, after requests\n"
    "in progress were answered.";

std::vector<std::string> SplitCommas(const std::string& text) {
  std::vector<std::string> items;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    if (comma > begin) items.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return items;
}

// S-1: pb_public is a sibling of the program.
std::string PublicFolder(const std::string& given) {
  namespace fs = std::filesystem;
  if (!given.empty()) return given;
  std::error_code error;
  const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path() / "pb_public";
  return !error && fs::is_directory(beside, error) ? beside.string() : std::string();
}

int RefuseForHooks(const std::vector<std::string>& hooks) {
  std::cerr
      << "sluice: hooks or migrations stand beside the folder, and Sluice does not run them:\n";
  for (const std::string& hook : hooks) std::cerr << "  " << hook << "\n";
  std::cerr << "Rules and checks may live in them. Serve without them with --ignore-hooks.\n";
  return kFailed;
}

std::string UrlOf(const char* scheme, const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return scheme + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

void PrintBanner(const ServerConfig& config, const App& app) {
  const std::string url = config.https ? UrlOf("https://", config.https->address, app.port())
                                       : UrlOf("http://", config.address, app.port());
  std::cout << "Server started at " << url << "\n"
            << "  REST API:  " << url << "/api/\n";
  if (app.redirect_port() != 0) {
    std::cout << "  from:      " << UrlOf("http://", config.address, app.redirect_port()) << "\n";
  }
  if (app.metrics_port() != 0) {
    std::cout << "  metrics:   " << UrlOf("http://", config.metrics->address, app.metrics_port())
              << "/metrics\n";
  }
  std::cout << "  folder:    " << config.folder << "\n"
            << "  SQLite:    " << store::SqliteVersion() << "\n";
  if (!app.has_superuser()) {
    std::cout << "There is no superuser yet. Make one while this runs:\n"
              << "  sluice superuser upsert EMAIL PASSWORD --dir " << config.folder << "\n";
  }
  std::cout.flush();
}

// The program anew, as it was called, on a folder that was restored (S-97).
int StartAnew(const std::string& folder) {
  const Status swapped = backups::SwapIn(folder);
  if (!swapped.ok()) std::cerr << "sluice: restore: " << swapped.message() << "\n";
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<char*> arguments;
  for (std::size_t at = 0; at < text.size(); at += std::strlen(text.data() + at) + 1)
    arguments.push_back(text.data() + at);
  arguments.push_back(nullptr);
  // A blocked signal would stay blocked.
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  execv("/proc/self/exe", arguments.data());
  std::cerr << "sluice: cannot start anew after a restore\n";
  return kFailed;
}

}  // namespace

int RunServe(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  flags.add_options()("dir", po::value<std::string>()->default_value("pb_data"), "the data folder");
  AddOperatingFlags(flags);
  flags.add_options()("origins", po::value<std::string>()->default_value("*"),
                      "origins that browsers may read answers from, with commas")(
      "queryTimeout", po::value<unsigned>()->default_value(30), "seconds until a query is stopped")(
      "max-answer", po::value<unsigned>()->default_value(2048),
      "MiB of records that one answer may hold and write; beyond it 400")(
      "max-expanded", po::value<unsigned>()->default_value(2'000'000),
      "records that the expands of one request may load; beyond it 400")(
      "max-cost", po::value<std::uint64_t>()->default_value(1'000'000),
      "millions of looks at a row that a query may take by estimate; beyond it 400; 0: any")(
      "queryThreads", po::value<unsigned>()->default_value(0),
      "threads that run queries; 0: twice the cores, at least 4")(
      "mmap", po::value<unsigned>()->default_value(0),
      "MiB of the database that each reading connection maps; 0: none, pages are read")(
      "ioThreads", po::value<unsigned>()->default_value(0),
      "threads that speak HTTP; 0: one per core, at most 4")(
      "sync", po::value<std::string>()->default_value("normal"),
      "normal: answered writes outlive the process, as in PocketBase; full: a loss of power too")(
      "encryptionEnv", po::value<std::string>()->default_value(""),
      "environment variable with the 32 byte key of the stored settings")(
      "mail-dir", po::value<std::string>()->default_value(""),
      "write mails as files into this folder instead of sending them")(
      "publicDir", po::value<std::string>()->default_value(""),
      "folder of static files; without it pb_public beside the program, if it is there")(
      "indexFallback", po::value<bool>()->default_value(true),
      "static files that are not found are the folder's index.html")(
      "probeDelay", po::value<bool>()->default_value(true),
      "let many empty answers to filters wait, so that their time tells less")(
      "strict", "refuse what PocketBase answers although hidden data has influence on it")(
      "ignore-hooks", "serve although pb_hooks or pb_migrations beside the folder are not run")(
      "errors", po::value<std::string>()->default_value("peer"),
      "peer: as PocketBase 0.39 answers; documented: with the texts of its documentation; legacy: "
      "shapes and texts that clients of the older documentation expect");
  const Arguments parsed =
      ParseArguments(arguments, flags, {"domain..."},
                     "sluice serve [--dir FOLDER] [--http ADDRESS:PORT] [flags]", kAbout);
  if (parsed.exit_status) return *parsed.exit_status;
  std::set_new_handler(&threads::AwaitMemory);

  ServerConfig config;
  config.folder = parsed.Get<std::string>("dir");
  while (config.folder.size() > 1 && config.folder.back() == '/') config.folder.pop_back();
  config.origins = SplitCommas(parsed.Get<std::string>("origins"));
  config.query_timeout = std::chrono::seconds(std::max(1U, parsed.Get<unsigned>("queryTimeout")));
  // At least what any single record may need.
  config.answers.bytes_max = std::size_t{std::max(1U, parsed.Get<unsigned>("max-answer"))} << 20;
  config.answers.expanded_max = parsed.Get<unsigned>("max-expanded");
  config.cost_max = 1e6 * static_cast<double>(parsed.Get<std::uint64_t>("max-cost"));
  config.query_threads = std::min(256U, parsed.Get<unsigned>("queryThreads"));
  config.mmap_bytes = std::int64_t{parsed.Get<unsigned>("mmap")} << 20;
  config.io_threads = std::min(64U, parsed.Get<unsigned>("ioThreads"));
  const std::string sync = parsed.Get<std::string>("sync");
  if (sync != "normal" && sync != "full") {
    std::cerr << "sluice: --sync takes normal or full\n";
    return kUsage;
  }
  config.sync_full = sync == "full";
  const std::optional<editions::Edition> errors =
      editions::ParseEdition(parsed.Get<std::string>("errors"));
  if (!errors) {
    std::cerr << "sluice: --errors takes peer, documented or legacy\n";
    return kUsage;
  }
  config.errors = *errors;
  config.encryption_environment = parsed.Get<std::string>("encryptionEnv");
  config.mail_folder = parsed.Get<std::string>("mail-dir");
  config.public_folder = PublicFolder(parsed.Get<std::string>("publicDir"));
  config.index_fallback = parsed.Get<bool>("indexFallback");
  config.probe_delay = parsed.Get<bool>("probeDelay");
  config.strict = parsed.Has("strict");
  config.ignore_hooks = parsed.Has("ignore-hooks");
  if (const Status status = ReadOperatingFlags(parsed, config); !status.ok()) {
    std::cerr << "sluice: " << status.message() << "\n";
    return kUsage;
  }

  const std::vector<std::string> hooks = FindHooks(config.folder);
  if (!hooks.empty() && !config.ignore_hooks) return RefuseForHooks(hooks);
  RaiseDescriptorLimit(config.limits);
  const auto log_file = parsed.Get<std::string>("log-file");
  if (!log_file.empty()) {
    const StatusOr<int> opened = OpenLogFile(log_file);
    if (!opened.ok()) {
      std::cerr << "sluice: " << opened.status().message() << "\n";
      return kFailed;
    }
    config.log_descriptor = *opened;
  }
  std::signal(SIGPIPE, SIG_IGN);
  // Blocked here, so that all threads inherit it and sigwait alone sees them.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  // Without anything to read again it ends the process, as a terminal that is
  // closed wants.
  if (config.https || !log_file.empty()) sigaddset(&stop, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  std::atomic<bool> restored{false};
  config.on_restore = [&restored] {
    restored = true;
    kill(getpid(), SIGTERM);
  };
  StatusOr<std::unique_ptr<App>> app = App::Start(config);
  if (!app.ok()) {
    std::cerr << "sluice: " << app.status().message() << "\n";
    return kFailed;
  }
  PrintBanner(config, **app);
  if (!hooks.empty())
    std::cerr << "sluice: " << hooks.size()
              << " hook or migration file(s) beside the folder are not run (--ignore-hooks)\n";
  NotifyService("READY=1");
  for (int signal = SIGHUP; signal == SIGHUP;) {
    sigwait(&stop, &signal);
    if (signal != SIGHUP) break;
    if (!log_file.empty()) {
      const Status reopened = ReopenLogFile(log_file, config.log_descriptor);
      if (!reopened.ok()) std::cerr << "sluice: " << reopened.message() << std::endl;
    }
    (*app)->ReloadCertificate();
  }
  NotifyService("STOPPING=1");
  std::cout << "Stopping" << std::endl;
  (*app)->Stop();
  app->reset();
  return restored ? StartAnew(config.folder) : kDone;
}

}  // namespace sluice::cli
