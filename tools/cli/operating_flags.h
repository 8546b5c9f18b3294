// The flags of `sluice serve` that say how it stands in its surroundings:
// addresses, TLS, limits of connections, the log.
#pragma once

#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/cli/arguments.h"
#include "tools/server/config.h"

namespace sluice::cli {

void AddOperatingFlags(boost::program_options::options_description& flags);

// What they say, into `config`. Failures are for a person, and change nothing
// outside of `config`.
Status ReadOperatingFlags(const Arguments& arguments, ServerConfig& config);

// `host:port`, `:port` (all addresses), `[::1]:port`.
StatusOr<ListenAddress> ParseListenAddress(std::string_view flag, const std::string& text);

// Takes the open files that the system allows, which bound the connections:
// lowers the limit to what fits, and says so when that is few.
void RaiseDescriptorLimit(ConnectionLimits& limits);

// Opens the file of the log for appending, makes it where it is not there.
StatusOr<int> OpenLogFile(const std::string& path);

// The same file anew, for the one that was moved away: `descriptor` leads there.
Status ReopenLogFile(const std::string& path, int descriptor);

}  // namespace sluice::cli
