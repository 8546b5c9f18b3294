// Lines for the operator, on standard error.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/status.h"

namespace sluice::observe {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError, kOff };

// Parses `debug`, `info`, `warn`, `error` or `off`.
StatusOr<LogLevel> ParseLogLevel(std::string_view name);

// Writes one line per call: `2026/11/21 18:41:40 WARN text`. Line breaks in
// the text become ` | `, so nobody forges a line. Safe from any thread.
class LogSink {
 public:
  explicit LogSink(LogLevel level) : level_(level) {}
  void Write(LogLevel level, std::string_view text) const;

  // What a client was not told: the status, and for a mistake in a filter or
  // rule its place in `source` with a caret.
  void Failure(LogLevel level, std::string_view what, const Status& status,
               std::string_view source) const;

 private:
  LogLevel level_;
};

}  // namespace sluice::observe
