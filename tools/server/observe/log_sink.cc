// Tested by tests/operate/test_logs.py.
#include "tools/server/observe/log_sink.h"

#include <array>
#include <chrono>
#include <ctime>
#include <unistd.h>

#include "sluice/diagnostic.h"
#include "sluice/strings.h"
#include "tools/server/json/json_text.h"

namespace sluice::observe {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warn", "error", "off"};
constexpr std::array<std::string_view, 5> kShown = {"DEBUG ", "INFO ", "WARN ", "ERROR ", ""};

std::string TimeText(const char* format, std::time_t second, bool local) {
  std::tm parts{};
  local ? localtime_r(&second, &parts) : gmtime_r(&second, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

// No line breaks and no control characters, which terminals would obey.
void AppendInOneLine(std::string& line, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      line += " | ";
    } else {
      line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
  }
}

void AppendValue(std::string& line, const LogField& field, bool quote_always) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    const bool quote =
        quote_always || text->empty() || text->find_first_of(" \"=\n\r\t") != text->npos;
    quote ? json::AppendString(line, *text) : AppendInOneLine(line, *text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    json::AppendInteger(line, *integer);
  } else {
    json::AppendNumber(line, std::get<double>(field.value));
  }
}

std::string TextLine(LogLevel level, std::string_view text,
                     std::initializer_list<LogField> fields) {
  std::string line = TimeText("%Y/%m/%d %H:%M:%S ", std::time(nullptr), true);
  line += kShown[static_cast<std::size_t>(level)];
  AppendInOneLine(line, text);
  for (const LogField& field : fields) {
    line.append(" ").append(field.name).append("=");
    AppendValue(line, field, false);
  }
  line += '\n';
  return line;
}

std::string JsonLine(LogLevel level, std::string_view text,
                     std::initializer_list<LogField> fields) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::string fraction = std::to_string(1000 + millis % 1000).substr(1);
  std::string line = "{\"time\":\"";
  line += TimeText("%Y-%m-%dT%H:%M:%S.", static_cast<std::time_t>(millis / 1000), false);
  line.append(fraction).append("Z\",\"level\":\"");
  line.append(kNames[static_cast<std::size_t>(level)]).append("\",\"message\":");
  json::AppendString(line, text);
  for (const LogField& field : fields) {
    line += ',';
    json::AppendString(line, field.name);
    line += ':';
    AppendValue(line, field, true);
  }
  line += "}\n";
  return line;
}

}  // namespace

StatusOr<LogLevel> ParseLogLevel(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<LogLevel>(i);
  }
  return absl::InvalidArgumentError("the log level is one of debug, info, warn, error, off");
}

StatusOr<LogFormat> ParseLogFormat(std::string_view name) {
  if (name == "text") return LogFormat::kText;
  if (name == "json") return LogFormat::kJson;
  return absl::InvalidArgumentError("the log format is text or json");
}

void LogSink::Write(LogLevel level, std::string_view text,
                    std::initializer_list<LogField> fields) const {
  if (!Writes(level)) return;
  const std::string line = options_.format == LogFormat::kJson ? JsonLine(level, text, fields)
                                                               : TextLine(level, text, fields);
  // One write, so that lines of several threads do not mix.
  const ssize_t written = write(options_.descriptor, line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) lost_->fetch_add(1);
}

void LogSink::Failure(LogLevel level, std::string_view what, const Status& status,
                      std::string_view source) const {
  if (!Writes(level)) return;
  std::string text(what);
  text += ": ";
  const std::optional<Diagnostic> diagnostic = GetDiagnostic(status);
  text += diagnostic && diagnostic->span.end <= source.size()
              ? Render(*diagnostic, source)
              : std::string(AsStd(status.message()));
  Write(level, text);
}

}  // namespace sluice::observe
