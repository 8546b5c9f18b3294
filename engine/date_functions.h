// SQLite's strftime (F-108).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sluice/value.h"

namespace sluice {

// strftime(format, time value, modifiers...) into `result`; false when it is
// NULL. `now` is in milliseconds since the Unix epoch: the time value that is
// missing, `now`, `subsec` and `subsecond` mean it. `localtime` and `utc`
// follow the process's time zone. Safe from any thread.
bool Strftime(std::span<const ValueView> arguments, std::int64_t now, std::string* result);

}  // namespace sluice
