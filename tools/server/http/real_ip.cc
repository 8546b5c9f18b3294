// Client addresses behind proxies. Tested by http_message_test.cc.
#include "tools/server/http/real_ip.h"

#include <array>
#include <optional>

#include "boost/asio/ip/address.hpp"

namespace sluice::http {
namespace {

namespace ip = boost::asio::ip;

std::string_view TrimSpaces(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string ExpandV6(const ip::address_v6::bytes_type& bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i != 0 && i % 2 == 0) {
      out.push_back(':');
    }
    out.push_back(kHex[bytes[i] >> 4U]);
    out.push_back(kHex[bytes[i] & 15U]);
  }
  return out;
}

std::string FindIp(std::string_view list, bool leftmost) {
  std::string found;
  while (true) {
    const std::size_t comma = list.find(',');
    std::string item = CanonicalIp(TrimSpaces(list.substr(0, comma)));
    if (!item.empty()) {
      found = std::move(item);
      if (leftmost) {
        return found;
      }
    }
    if (comma == std::string_view::npos) {
      return found;
    }
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string CanonicalIp(std::string_view text) {
  // The longest form is an IPv6 address with a zone; a longer text is no
  // address, and "text" may hold a NUL, which would end it early.
  if (text.empty() || text.size() > 80 || text.find('\0') != std::string_view::npos) {
    return {};
  }
  const std::string_view bare = text.substr(0, text.find('%'));
  const std::string_view zone = text.substr(bare.size());
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(bare), error);
  if (error || (address.is_v4() && !zone.empty()) || zone == "%") {
    return {};
  }
  if (address.is_v4()) {
    return address.to_v4().to_string();
  }
  return ExpandV6(address.to_v6().to_bytes()) + std::string(zone);
}

std::string RealIp(const Request& request, const TrustedProxy& proxy) {
  for (const std::string& name : proxy.headers) {
    const auto value = request.headers.FindLast(name);
    std::string found = value ? FindIp(*value, proxy.use_leftmost_ip) : std::string();
    if (!found.empty()) {
      return found;
    }
  }
  return request.peer_ip;
}

}  // namespace sluice::http
