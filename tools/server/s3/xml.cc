// Tested by tests/server/s3_sign_test.cc.
#include "tools/server/s3/xml.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace sluice::s3 {
namespace {

struct Element {
  std::string_view inside;
  std::size_t end = 0;  // behind the closing tag
};

// The next element of that name at or behind `from`.
std::optional<Element> Find(std::string_view xml, std::string_view name, std::size_t from) {
  const std::string open = "<" + std::string(name);
  const std::string close = "</" + std::string(name) + ">";
  for (std::size_t at = xml.find(open, from); at != xml.npos; at = xml.find(open, at + 1)) {
    const std::size_t behind = at + open.size();
    if (behind >= xml.size() || std::string_view(" \t\r\n>/").find(xml[behind]) == xml.npos)
      continue;
    const std::size_t begin = xml.find('>', behind);
    if (begin == xml.npos) return std::nullopt;
    if (xml[begin - 1] == '/') return Element{{}, begin + 1};
    const std::size_t end = xml.find(close, begin);
    if (end == xml.npos) return std::nullopt;
    return Element{xml.substr(begin + 1, end - begin - 1), end + close.size()};
  }
  return std::nullopt;
}

void AppendUtf8(std::string& out, std::uint32_t rune) {
  if (rune < 0x80) {
    out += static_cast<char>(rune);
  } else if (rune < 0x800) {
    out += static_cast<char>(0xC0U | (rune >> 6U));
    out += static_cast<char>(0x80U | (rune & 0x3FU));
  } else if (rune < 0x10000) {
    out += static_cast<char>(0xE0U | (rune >> 12U));
    out += static_cast<char>(0x80U | ((rune >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (rune & 0x3FU));
  } else if (rune < 0x110000) {
    out += static_cast<char>(0xF0U | (rune >> 18U));
    out += static_cast<char>(0x80U | ((rune >> 12U) & 0x3FU));
    out += static_cast<char>(0x80U | ((rune >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (rune & 0x3FU));
  }
}

// The entity between '&' and ';'. False when it is none.
bool AppendEntity(std::string& out, std::string_view entity) {
  for (const auto& [name, c] : {std::pair<std::string_view, char>{"amp", '&'},
                                {"lt", '<'},
                                {"gt", '>'},
                                {"quot", '"'},
                                {"apos", '\''}}) {
    if (entity == name) {
      out += c;
      return true;
    }
  }
  if (entity.size() < 2 || entity.front() != '#') return false;
  entity.remove_prefix(1);
  const bool hex = entity.front() == 'x';
  if (hex) entity.remove_prefix(1);
  std::uint32_t rune = 0;
  const auto result =
      std::from_chars(entity.data(), entity.data() + entity.size(), rune, hex ? 16 : 10);
  if (result.ec != std::errc() || result.ptr != entity.data() + entity.size()) return false;
  AppendUtf8(out, rune);
  return true;
}

std::string Unescape(std::string_view text) {
  constexpr std::size_t kEntityMax = 12;
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t end = text[at] == '&' ? text.substr(at, kEntityMax).find(';') : text.npos;
    if (end != text.npos && AppendEntity(out, text.substr(at + 1, end - 1))) {
      at += end;
    } else {
      out += text[at];
    }
  }
  return out;
}

}  // namespace

std::string XmlText(std::string_view xml, std::string_view name) {
  const std::optional<Element> element = Find(xml, name, 0);
  return element ? Unescape(element->inside) : std::string();
}

void XmlEach(std::string_view xml, std::string_view name,
             const std::function<void(std::string_view)>& each) {
  for (auto element = Find(xml, name, 0); element; element = Find(xml, name, element->end))
    each(element->inside);
}

std::string XmlEscape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace sluice::s3
