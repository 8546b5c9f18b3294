// Telling the service manager how far this process is.
#pragma once

#include <string_view>

namespace sluice::cli {

// Sends `state` ("READY=1") to the socket that systemd names in NOTIFY_SOCKET;
// nothing where there is none. Never fails: a server whose manager does not
// listen serves nevertheless.
void NotifyService(std::string_view state);

}  // namespace sluice::cli
