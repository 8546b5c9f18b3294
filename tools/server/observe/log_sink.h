// Lines for the operator.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "sluice/status.h"

namespace sluice::observe {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat : std::uint8_t { kText, kJson };

// Parses `debug`, `info`, `warn`, `error` or `off`.
StatusOr<LogLevel> ParseLogLevel(std::string_view name);
// Parses `text` or `json`.
StatusOr<LogFormat> ParseLogFormat(std::string_view name);

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  // Where lines go; standard error. Stays open, and the caller's.
  int descriptor = 2;
};

// A named value beside the text of a line.
struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double> value;
};

// Writes one line per call, in one piece:
//   2026/11/21 18:41:40 WARN text name=value          in local time, or
//   {"time":"2026-11-21T17:41:40.123Z","level":"warn","message":"text","name":"value"}
// No text forges a line: line breaks become ` | ` in the former, where values
// with blanks are quoted. Copies write to the same place. Safe from any thread.
class LogSink {
 public:
  explicit LogSink(const LogOptions& options)
      : options_(options), lost_(std::make_shared<std::atomic<std::uint64_t>>(0)) {}
  explicit LogSink(LogLevel level) : LogSink(LogOptions{.level = level}) {}

  bool Writes(LogLevel level) const {
    return level >= options_.level && options_.level != LogLevel::kOff;
  }
  void Write(LogLevel level, std::string_view text,
             std::initializer_list<LogField> fields = {}) const;

  // What a client was not told: the status, and for a mistake in a filter or
  // rule its place in `source` with a caret.
  void Failure(LogLevel level, std::string_view what, const Status& status,
               std::string_view source) const;

  // Lines that could not be written: a full disk, a reader that has gone.
  std::uint64_t lost() const { return lost_->load(std::memory_order_relaxed); }

 private:
  LogOptions options_;
  std::shared_ptr<std::atomic<std::uint64_t>> lost_;
};

}  // namespace sluice::observe
