#include "tools/server/auth/ip_list.h"

#include <algorithm>

#include "boost/asio/ip/address.hpp"
#include "boost/asio/ip/network_v4.hpp"
#include "boost/asio/ip/network_v6.hpp"

namespace sluice::auth {
namespace {

namespace ip = boost::asio::ip;

bool Matches(const ip::address& address, const std::string& entry) {
  boost::system::error_code error;
  if (entry.find('/') == std::string::npos) {
    const ip::address other = ip::make_address(entry, error);
    return !error && other == address;
  }
  if (address.is_v4()) {
    const ip::network_v4 network = ip::make_network_v4(entry, error);
    if (error) return false;
    const auto mask = network.netmask().to_uint();
    return (address.to_v4().to_uint() & mask) == (network.address().to_uint() & mask);
  }
  const ip::network_v6 network = ip::make_network_v6(entry, error);
  if (error) return false;
  const auto bytes = address.to_v6().to_bytes();
  const auto base = network.address().to_bytes();
  for (unsigned bit = 0; bit < network.prefix_length(); ++bit) {
    const unsigned char mask = static_cast<unsigned char>(0x80U >> (bit % 8));
    if ((bytes[bit / 8] & mask) != (base[bit / 8] & mask)) return false;
  }
  return true;
}

}  // namespace

bool IsListed(std::string_view text, const std::vector<std::string>& list) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text), error);
  if (error) return false;
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& entry) { return Matches(address, entry); });
}

}  // namespace sluice::auth
