// Tested by tests/operate.
#include "tools/cli/operating_flags.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <sys/resource.h>
#include <unistd.h>

namespace sluice::cli {
namespace {

namespace po = boost::program_options;

// A limit of time in seconds; a zero would close every connection.
Status ReadSeconds(const Arguments& arguments, const char* flag, std::chrono::seconds& seconds) {
  const auto given = arguments.Get<unsigned>(flag);
  if (given == 0 || given > 86400) {
    return absl::InvalidArgumentError(std::string("--") + flag + " takes 1 to 86400 seconds");
  }
  seconds = std::chrono::seconds(given);
  return absl::OkStatus();
}

Status ReadTls(const Arguments& arguments, ServerConfig& config) {
  if (arguments.Has("domain")) {
    return absl::UnimplementedError(
        "automatic certificates are not part of Sluice: serve takes no domain. Give a certificate "
        "with --https ADDRESS:PORT --tls-cert FILE --tls-key FILE");
  }
  config.tls_certificate_file = arguments.Get<std::string>("tls-cert");
  config.tls_key_file = arguments.Get<std::string>("tls-key");
  const auto https = arguments.Get<std::string>("https");
  const bool has_files = !config.tls_certificate_file.empty() && !config.tls_key_file.empty();
  const bool has_any = !config.tls_certificate_file.empty() || !config.tls_key_file.empty();
  if (https.empty()) {
    return has_any
               ? absl::InvalidArgumentError("--tls-cert and --tls-key need --https ADDRESS:PORT")
               : absl::OkStatus();
  }
  if (!has_files) {
    return absl::InvalidArgumentError(
        "--https needs --tls-cert FILE and --tls-key FILE: automatic certificates are not part of "
        "Sluice");
  }
  SLUICE_ASSIGN_OR_RETURN(config.https, ParseListenAddress("https", https));
  return absl::OkStatus();
}

Status ReadLimits(const Arguments& arguments, ConnectionLimits& limits) {
  limits.connections_max = arguments.Get<unsigned>("max-connections");
  if (limits.connections_max == 0) {
    return absl::InvalidArgumentError("--max-connections takes at least 1");
  }
  SLUICE_RETURN_IF_ERROR(ReadSeconds(arguments, "handshake-timeout", limits.handshake_timeout));
  SLUICE_RETURN_IF_ERROR(ReadSeconds(arguments, "head-timeout", limits.head_timeout));
  SLUICE_RETURN_IF_ERROR(ReadSeconds(arguments, "body-timeout", limits.body_timeout));
  SLUICE_RETURN_IF_ERROR(ReadSeconds(arguments, "write-timeout", limits.write_timeout));
  return ReadSeconds(arguments, "idle-timeout", limits.idle_timeout);
}

}  // namespace

void AddOperatingFlags(po::options_description& flags) {
  flags.add_options()("http", po::value<std::string>()->default_value("127.0.0.1:8090"),
                      "address and port to listen on; port 0: any free one. With --https it only "
                      "sends clients there; none: not at all")(
      "https", po::value<std::string>()->default_value(""),
      "address and port to serve through TLS, with --tls-cert and --tls-key")(
      "tls-cert", po::value<std::string>()->default_value(""),
      "PEM file of the certificate and its issuers; read again when it changes, and on SIGHUP")(
      "tls-key", po::value<std::string>()->default_value(""), "PEM file of its private key")(
      "max-connections", po::value<unsigned>()->default_value(16384),
      "connections at one time; more are told 503")(
      "handshake-timeout", po::value<unsigned>()->default_value(10),
      "seconds for the handshake of TLS")("head-timeout", po::value<unsigned>()->default_value(60),
                                          "seconds for the head of a request")(
      "body-timeout", po::value<unsigned>()->default_value(300), "seconds for its body")(
      "write-timeout", po::value<unsigned>()->default_value(300),
      "seconds for an answer, of large files for each MiB")(
      "idle-timeout", po::value<unsigned>()->default_value(300),
      "seconds between two requests of a connection")(
      "log-level", po::value<std::string>()->default_value("info"),
      "debug (with every request), info, warn, error, off")(
      "log-format", po::value<std::string>()->default_value("text"),
      "text, or json: one object in each line")(
      "log-file", po::value<std::string>()->default_value(""),
      "append the log to this file, opened anew on SIGHUP; standard error without it")(
      "metrics", po::value<std::string>()->default_value(""),
      "address and port of figures for Prometheus, at /metrics; for your own network only")(
      "reuse-port",
      "a second process may listen at the same addresses and take over: the one that gets "
      "SIGTERM leaves it all new connections and refuses none")(
      "drain-timeout", po::value<unsigned>(),
      "seconds that open requests and connections get at the end; 1, or 15 with --reuse-port")(
      "domain", po::value<std::vector<std::string>>(), "not supported: see --https");
}

StatusOr<ListenAddress> ParseListenAddress(std::string_view flag, const std::string& text) {
  const Status mistake = absl::InvalidArgumentError(
      "--" + std::string(flag) + " takes ADDRESS:PORT, for example 127.0.0.1:8090");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return mistake;
  ListenAddress at;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, at.port);
  if (error != std::errc() || stop != end) return mistake;
  at.address = text.substr(0, colon);
  if (at.address.size() >= 2 && at.address.front() == '[' && at.address.back() == ']')
    at.address = at.address.substr(1, at.address.size() - 2);
  if (at.address.empty()) at.address = "0.0.0.0";
  return at;
}

Status ReadOperatingFlags(const Arguments& arguments, ServerConfig& config) {
  SLUICE_RETURN_IF_ERROR(ReadTls(arguments, config));
  const auto http = arguments.Get<std::string>("http");
  if (http == "none" && config.https) {
    config.redirect = false;
  } else {
    SLUICE_ASSIGN_OR_RETURN(const ListenAddress at, ParseListenAddress("http", http));
    config.address = at.address;
    config.port = at.port;
  }
  if (const auto metrics = arguments.Get<std::string>("metrics"); !metrics.empty()) {
    SLUICE_ASSIGN_OR_RETURN(config.metrics, ParseListenAddress("metrics", metrics));
  }
  SLUICE_RETURN_IF_ERROR(ReadLimits(arguments, config.limits));
  config.reuse_port = arguments.Has("reuse-port");
  // Clients of the other process need time to say something once more.
  config.drain_timeout = std::chrono::seconds(config.reuse_port ? 15 : 1);
  if (arguments.Has("drain-timeout")) {
    SLUICE_RETURN_IF_ERROR(ReadSeconds(arguments, "drain-timeout", config.drain_timeout));
  }
  SLUICE_ASSIGN_OR_RETURN(config.log_level,
                          observe::ParseLogLevel(arguments.Get<std::string>("log-level")));
  SLUICE_ASSIGN_OR_RETURN(config.log_format,
                          observe::ParseLogFormat(arguments.Get<std::string>("log-format")));
  return absl::OkStatus();
}

void RaiseDescriptorLimit(ConnectionLimits& limits) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  // Databases, uploads and downloads need some, too.
  const rlim_t others = std::max<rlim_t>(256, limit.rlim_cur / 8);
  const rlim_t fit = limit.rlim_cur > others + 16 ? limit.rlim_cur - others : 16;
  if (fit >= limits.connections_max) return;
  limits.connections_max = fit;
  std::cerr << "sluice: only " << limit.rlim_cur << " open files are allowed (ulimit -n): at most "
            << fit << " connections\n";
}

StatusOr<int> OpenLogFile(const std::string& path) {
  const int opened = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (opened >= 0) return opened;
  return absl::InvalidArgumentError("cannot write the log to " + path + ": " + strerror(errno));
}

Status ReopenLogFile(const std::string& path, int descriptor) {
  SLUICE_ASSIGN_OR_RETURN(const int opened, OpenLogFile(path));
  // Lines go to one file or the other; none is lost.
  dup3(opened, descriptor, O_CLOEXEC);
  close(opened);
  return absl::OkStatus();
}

}  // namespace sluice::cli
