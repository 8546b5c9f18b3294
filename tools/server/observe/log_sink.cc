#include "tools/server/observe/log_sink.h"

#include <array>
#include <ctime>
#include <unistd.h>

#include "sluice/diagnostic.h"
#include "sluice/strings.h"

namespace sluice::observe {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warn", "error", "off"};
constexpr std::array<std::string_view, 5> kShown = {"DEBUG ", "INFO ", "WARN ", "ERROR ", ""};

}  // namespace

StatusOr<LogLevel> ParseLogLevel(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<LogLevel>(i);
  }
  return absl::InvalidArgumentError("the log level is one of debug, info, warn, error, off");
}

void LogSink::Write(LogLevel level, std::string_view text) const {
  if (level < level_ || level_ == LogLevel::kOff) return;
  std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  char date[24];
  const std::size_t size = std::strftime(date, sizeof date, "%Y/%m/%d %H:%M:%S ", &parts);
  std::string line(date, size);
  line += kShown[static_cast<std::size_t>(level)];
  for (char c : text) {
    if (c == '\n') {
      line += " | ";
    } else {
      line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  line += '\n';
  // One write, so that lines of several threads do not mix.
  if (write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

void LogSink::Failure(LogLevel level, std::string_view what, const Status& status,
                      std::string_view source) const {
  if (level < level_) return;
  std::string text(what);
  text += ": ";
  const std::optional<Diagnostic> diagnostic = GetDiagnostic(status);
  text += diagnostic && diagnostic->span.end <= source.size()
              ? Render(*diagnostic, source)
              : std::string(AsStd(status.message()));
  Write(level, text);
}

}  // namespace sluice::observe
