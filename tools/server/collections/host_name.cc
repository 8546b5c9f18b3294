#include "tools/server/collections/host_name.h"

#include <algorithm>
#include <string>

#include "sluice/strings.h"

namespace sluice::collections {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return LowerAscii(c) >= 'a' && LowerAscii(c) <= 'z'; }
bool IsAlphanumeric(char c) { return IsDigit(c) || IsLetter(c); }

bool IsLabel(std::string_view label) {
  constexpr std::size_t kLabelMax = 63;
  return !label.empty() && label.size() <= kLabelMax && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return IsAlphanumeric(c) || c == '-';
         });
}

bool IsIpv4(std::string_view text) {
  int parts = 0;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.empty() || part.size() > 3 || !std::all_of(part.begin(), part.end(), IsDigit))
      return false;
    if (std::stoi(std::string(part)) > 255) return false;
    ++parts;
    if (dot == text.npos) return parts == 4;
    text.remove_prefix(dot + 1);
  }
}

bool IsHost(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return host.find_first_not_of("0123456789abcdefABCDEF:.", 1) == host.size() - 1;
  }
  return EqualsIgnoreCase(host, "localhost") || IsIpv4(host) || IsDomain(host);
}

}  // namespace

bool IsDomain(std::string_view text) {
  constexpr std::size_t kDomainMax = 253;
  if (text.size() > kDomainMax || text.find('.') == text.npos) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (!IsLabel(label)) return false;
    if (dot == text.npos) {
      return std::all_of(label.begin(), label.end(), IsLetter) || label.starts_with("xn--");
    }
    text.remove_prefix(dot + 1);
  }
}

bool IsUrl(std::string_view text) {
  constexpr std::size_t kUrlMax = 2083;
  const auto refused = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '<' || c == '>';
  };
  if (text.size() > kUrlMax || std::any_of(text.begin(), text.end(), refused)) return false;
  if (const std::size_t scheme = text.find("://"); scheme != text.npos) {
    const std::string_view name = text.substr(0, scheme);
    if (name.empty() || !IsLetter(name.front()) ||
        !std::all_of(name.begin(), name.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '+'; })) {
      return false;
    }
    text.remove_prefix(scheme + 3);
  }
  std::string_view host = text.substr(0, text.find_first_of("/?#"));
  if (const std::size_t at = host.rfind('@'); at != host.npos) host.remove_prefix(at + 1);
  if (const std::size_t colon = host.rfind(':'); colon != host.npos && host.back() != ']') {
    const std::string_view port = host.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), IsDigit))
      return false;
    host = host.substr(0, colon);
  }
  return IsHost(host);
}

}  // namespace sluice::collections
