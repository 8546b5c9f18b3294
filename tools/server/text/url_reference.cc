// Tested by tests/server/text_address_test.cc.
#include "tools/server/text/url_reference.h"

#include <algorithm>

#include "tools/server/text/runes.h"

namespace sluice::text {
namespace {

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool HasGoodEscapes(std::string_view text) {
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 3)) {
    if (at + 2 >= text.size() || !IsHexDigit(text[at + 1]) || !IsHexDigit(text[at + 2])) {
      return false;
    }
  }
  return true;
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool IsUserCharacter(char c) {
  return IsAlnum(static_cast<unsigned char>(c)) ||
         std::string_view("-._:~!$&'()*+,;=%@").find(c) != std::string_view::npos;
}

// Empty, or `:` and digits.
bool IsOptionalPort(std::string_view text) {
  if (text.empty()) return true;
  return text[0] == ':' && std::all_of(text.begin() + 1, text.end(), [](char c) {
           return IsDigit(static_cast<unsigned char>(c));
         });
}

bool IsHostAndPort(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t bracket = text.rfind(']');
    return bracket != text.npos && IsOptionalPort(text.substr(bracket + 1));
  }
  const std::size_t colon = text.rfind(':');
  return colon == text.npos || IsOptionalPort(text.substr(colon));
}

// Takes `scheme:` off the front of `text`. False for a colon with nothing in
// front of it.
bool TakeScheme(std::string_view& text, bool& taken) {
  taken = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == ':') {
      if (i == 0) return false;
      text.remove_prefix(i + 1);
      taken = true;
      return true;
    }
    const bool inner = IsDigit(c) || c == '+' || c == '-' || c == '.';
    if (!IsLetter(c) && (!inner || i == 0)) return true;
  }
  return true;
}

// user@host:port; false when it is none.
bool ReadAuthority(std::string_view authority, UrlReference& reference) {
  const std::size_t at = authority.rfind('@');
  if (at != authority.npos) {
    const std::string_view user = authority.substr(0, at);
    if (!std::all_of(user.begin(), user.end(), IsUserCharacter) || !HasGoodEscapes(user)) {
      return false;
    }
    authority.remove_prefix(at + 1);
  }
  reference.host = authority;
  return IsHostAndPort(authority) && HasGoodEscapes(authority);
}

}  // namespace

std::optional<UrlReference> ParseUrlReference(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), IsControl)) return std::nullopt;
  if (const std::size_t hash = text.find('#'); hash != text.npos) {
    if (!HasGoodEscapes(text.substr(hash + 1))) return std::nullopt;
    text = text.substr(0, hash);
  }
  bool scheme = false;
  if (!TakeScheme(text, scheme)) return std::nullopt;
  text = text.substr(0, text.find('?'));
  UrlReference reference;
  if (!text.starts_with('/')) {
    if (scheme) return reference;  // Opaque, as in mailto:a.
    if (text.substr(0, text.find('/')).find(':') != text.npos) return std::nullopt;
  }
  if (text.starts_with("//") && (scheme || !text.starts_with("///"))) {
    text.remove_prefix(2);
    const std::size_t slash = std::min(text.find('/'), text.size());
    if (!ReadAuthority(text.substr(0, slash), reference)) return std::nullopt;
    text.remove_prefix(slash);
  }
  if (!HasGoodEscapes(text)) return std::nullopt;
  reference.path = text;
  return reference;
}

}  // namespace sluice::text
