// Which address a request is counted and checked by (S-81, A-21).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/server/http/message.h"

namespace sluice::http {

// Settings of `trustedProxy`. Header names are taken as they are; no header is
// believed unless it is listed.
struct TrustedProxy {
  std::vector<std::string> headers;
  bool use_leftmost_ip = false;
};

// `text` as an IP address in the printed form used everywhere: IPv4 dotted,
// IPv6 as eight groups of four digits. Empty when it is no address.
std::string CanonicalIp(std::string_view text);

// The client's address: of each listed header in order the last occurrence, and
// in it the right-most (or left-most) item that is an address; else the peer.
std::string RealIp(const Request& request, const TrustedProxy& proxy);

}  // namespace sluice::http
