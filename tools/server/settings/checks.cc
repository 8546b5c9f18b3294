// Hand-written matchers: the patterns behind them are ambiguous, and a general
// engine would need exponential time or a library. Each is at most quadratic in
// a text of bounded length. Tested by tests/server/settings_checks_test.cc.
#include "tools/server/settings/checks.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "tools/server/json/json_text.h"

namespace sluice::settings {
namespace {

constexpr std::size_t kUrlRunesMax = 2083;

using Runes = std::u32string;
using RunesView = std::u32string_view;

// The code points of `text`; none when it is not valid UTF-8.
std::optional<Runes> Decode(std::string_view text) {
  Runes runes;
  while (!text.empty()) {
    const json::CodePoint point = json::DecodeCodePoint(text);
    if (!point.valid) return std::nullopt;
    runes += point.value;
    text.remove_prefix(point.length);
  }
  return runes;
}

bool IsDigit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool IsLetter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }
bool IsAlnum(char32_t c) { return IsLetter(c) || IsDigit(c); }
bool IsBlank(char32_t c) { return c == U' ' || (c >= U'\t' && c <= U'\r' && c != U'\v'); }

// The non-ASCII characters of e-mail addresses and of URL hosts.
bool IsMailOther(char32_t c) {
  return (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xF900 && c <= 0xFDCF) || (c >= 0xFDF0 && c <= 0xFFEF);
}
bool IsUrlOther(char32_t c) { return c >= 0xA1 && c <= 0xFFFF; }

template <typename Check>
bool All(RunesView text, Check&& check) {
  for (const char32_t c : text) {
    if (!check(c)) return false;
  }
  return true;
}

// ---- e-mail ----

bool IsAtomCharacter(char32_t c) {
  return IsAlnum(c) || IsMailOther(c) ||
         (c < 128 && RunesView(U"!#$%&'*+-/=?^_`{|}~").find(c) != RunesView::npos);
}

// Non-empty atoms joined by single dots.
bool IsDotAtom(RunesView text) {
  bool in_atom = false;
  for (const char32_t c : text) {
    if (c == U'.' ? !in_atom : !IsAtomCharacter(c)) return false;
    in_atom = c != U'.';
  }
  return in_atom;
}

// (blank* `"` character)* `"`, the old quoted form. Blanks are allowed before a
// quote only.
bool IsQuotedLocal(RunesView text) {
  if (text.empty() || text.back() != U'"') return false;
  text.remove_suffix(1);
  while (!text.empty()) {
    while (!text.empty() && (text[0] == U' ' || text[0] == U'\t')) text.remove_prefix(1);
    if (text.size() < 2 || text[0] != U'"') return false;
    const char32_t c = text[1];
    if (!(c == 0x21 || (c >= 0x23 && c <= 0x7e) ||
          (c >= 1 && c <= 0x1f && c != U'\t' && c != U'\n' && c != U'\r') || c == 0x7f ||
          IsMailOther(c))) {
      return false;
    }
    text.remove_prefix(2);
  }
  return true;
}

bool IsMailLabelEnd(char32_t c) { return IsAlnum(c) || IsMailOther(c); }
bool IsMailLabelInner(char32_t c) {
  return IsMailLabelEnd(c) || c == U'-' || c == U'.' || c == U'_' || c == U'~';
}

// One label, or several joined by dots: a dot may sit inside of a label too, so
// each dot must only not stand at an end of the text.
bool IsMailLabels(RunesView text) {
  return !text.empty() && IsMailLabelEnd(text.front()) && IsMailLabelEnd(text.back()) &&
         All(text, IsMailLabelInner);
}

bool IsMailTld(RunesView text) {
  const auto end = [](char32_t c) { return IsLetter(c) || IsMailOther(c); };
  const auto inner = [&end](char32_t c) {
    return end(c) || IsDigit(c) || c == U'-' || c == U'_' || c == U'~';
  };
  return !text.empty() && end(text.front()) && end(text.back()) && All(text, inner);
}

// ---- URL ----

bool IsOctet(RunesView text, int least, int most) {
  if (text.empty() || text.size() > 3 || !All(text, IsDigit)) return false;
  int number = 0;
  for (const char32_t c : text) number = number * 10 + static_cast<int>(c - U'0');
  // Two digits may start with 0, three may not.
  return number >= least && number <= most && !(text.size() == 3 && text[0] == U'0');
}

bool IsUrlIpv4(RunesView text) {
  std::vector<RunesView> parts;
  for (std::size_t dot = text.find(U'.'); dot != RunesView::npos && parts.size() < 4;
       dot = text.find(U'.')) {
    parts.push_back(text.substr(0, dot));
    text.remove_prefix(dot + 1);
  }
  parts.push_back(text);
  if (parts.size() != 4 || parts[0].empty() || parts[0][0] == U'0') return false;
  return (IsOctet(parts[0], 1, 223) || IsOctet(parts[0], 240, 255)) && IsOctet(parts[1], 0, 255) &&
         IsOctet(parts[2], 0, 255) && IsOctet(parts[3], 0, 254);
}

bool IsUrlIpv6(RunesView text) {
  if (text.size() < 4 || text.front() != U'[' || text.back() != U']') return false;
  std::string address;
  for (const char32_t c : text.substr(1, text.size() - 2)) {
    if (c > 127) return false;
    address += static_cast<char>(c);
  }
  in6_addr parsed{};
  return inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

// Two or more letters, digits, `-`, `_` between letters or digits, then runs of
// letters and digits that begin with one `-` or `.`.
bool IsUrlPrefix(RunesView text) {
  if (text.size() < 2 || !IsAlnum(text.front()) || !IsAlnum(text.back())) return false;
  const std::size_t dot = text.find(U'.');
  // The first part takes all up to a dot; behind it only single separators.
  const RunesView first = text.substr(0, dot);
  if (first.size() < 2 || !IsAlnum(first.back()) ||
      !All(first, [](char32_t c) { return IsAlnum(c) || c == U'-' || c == U'_'; }))
    return false;
  bool separated = false;
  for (const char32_t c : text.substr(first.size())) {
    const bool separator = c == U'-' || c == U'.';
    if ((!separator && !IsAlnum(c)) || (separator && separated)) return false;
    separated = separator;
  }
  return !separated;
}

// `www.`, or letters and digits joined by `-`, `_`, `.`, two of them at the end,
// a dot, and more of them.
bool IsUrlSubdomain(RunesView text) {
  if (text == U"www.") return true;
  const std::size_t dot = text.rfind(U'.');
  if (dot == RunesView::npos || dot < 2 || dot + 1 == text.size()) return false;
  if (!All(text.substr(dot + 1), IsAlnum)) return false;
  const RunesView head = text.substr(0, dot);
  if (!IsAlnum(head.front()) || !IsAlnum(head[head.size() - 1]) || !IsAlnum(head[head.size() - 2]))
    return false;
  bool separated = false;
  for (const char32_t c : head) {
    const bool separator = c == U'-' || c == U'_' || c == U'.';
    if ((!separator && !IsAlnum(c)) || (separator && separated)) return false;
    separated = separator;
  }
  return true;
}

bool IsUrlTail(RunesView text) {
  const auto end = [](char32_t c) { return IsAlnum(c) || IsUrlOther(c); };
  if (text.empty() || !end(text.front()) || !end(text.back())) return false;
  std::size_t dashes = 0;
  for (const char32_t c : text) {
    dashes = c == U'-' ? dashes + 1 : 0;
    if ((c != U'-' && !end(c)) || dashes > 2) return false;
  }
  return true;
}

bool IsUrlName(RunesView text) {
  const auto split = [](RunesView name) {
    for (std::size_t at = 0; at < name.size(); ++at) {
      const RunesView head = name.substr(0, at);
      if (IsUrlTail(name.substr(at)) && (head.empty() || IsUrlPrefix(head) || IsUrlSubdomain(head)))
        return true;
    }
    return false;
  };
  if (split(text)) return true;
  const std::size_t dot = text.rfind(U'.');
  if (dot == RunesView::npos || dot + 1 == text.size()) return false;
  return All(text.substr(dot + 1), [](char32_t c) { return IsLetter(c) || IsUrlOther(c); }) &&
         split(text.substr(0, dot));
}

bool IsUrlHost(RunesView text) {
  if (IsUrlIpv4(text) || IsUrlIpv6(text) || IsUrlName(text)) return true;
  return !text.empty() && text.back() == U'.' && IsUrlHost(text.substr(0, text.size() - 1));
}

// host [.] [:port] [path], all of `text`.
bool IsUrlFromHost(RunesView text) {
  const std::size_t path = text.find_first_of(U"/?#");
  if (path != RunesView::npos && !All(text.substr(path), [](char32_t c) { return !IsBlank(c); }))
    return false;
  RunesView host = text.substr(0, path);
  const std::size_t bracket = host.rfind(U']');
  const std::size_t colon = host.find(U':', bracket == RunesView::npos ? 0 : bracket);
  if (colon != RunesView::npos) {
    const RunesView port = host.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !All(port, IsDigit)) return false;
    host = host.substr(0, colon);
  }
  return IsUrlHost(host);
}

// The user part takes any blank-free text up to any `@`.
bool IsUrlFromUser(RunesView text) {
  if (IsUrlFromHost(text)) return true;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (IsBlank(text[at - 1])) return false;
    if (text[at] == U'@' && IsUrlFromHost(text.substr(at + 1))) return true;
  }
  return false;
}

bool HasUrlShape(RunesView text) {
  for (const RunesView scheme :
       {RunesView(U"ftp://"), RunesView(U"tcp://"), RunesView(U"udp://"), RunesView(U"ws://"),
        RunesView(U"wss://"), RunesView(U"http://"), RunesView(U"https://")}) {
    if (text.starts_with(scheme) && IsUrlFromUser(text.substr(scheme.size()))) return true;
  }
  return IsUrlFromUser(text);
}

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// What a reader of URL references refuses or needs (R-78).
bool ParsesAsReference(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0x20 || text[i] == 0x7f) return false;
    if (text[i] == '%' &&
        (i + 2 >= text.size() || !IsHexDigit(text[i + 1]) || !IsHexDigit(text[i + 2])))
      return false;
  }
  const std::size_t scheme = text.find("://");
  const bool has_colon = text.find(':') != std::string_view::npos;
  if (scheme == std::string_view::npos && !has_colon) {
    // Without a host the path must hold a dot.
    return text.starts_with("//") ||
           text.substr(0, text.find_first_of("?#")).find('.') != std::string_view::npos;
  }
  std::string_view rest = scheme == std::string_view::npos ? text : text.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t user = rest.rfind('@');
  if (user != std::string_view::npos) {
    if (rest.substr(0, user).find_first_of("[]^\\\"<>{}|` ") != std::string_view::npos)
      return false;
    rest = rest.substr(user + 1);
  }
  return !rest.starts_with(".");
}

// ---- hosts ----

bool IsLabelCharacter(char c) {
  return IsAlnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
}

// ---- cron ----

struct CronField {
  std::string_view name;
  int least;
  int most;
};
constexpr std::array<CronField, 5> kCronFields = {
    {{"minute", 0, 59}, {"hour", 0, 23}, {"day", 1, 31}, {"month", 1, 12}, {"weekday", 0, 6}}};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<int> ReadNumber(std::string_view text) {
  int number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// `*`, `5`, `1-5`, each with `/2` behind it.
bool IsCronRange(std::string_view text, const CronField& field) {
  const std::vector<std::string_view> steps = Split(text, '/');
  if (steps.size() > 2) return false;
  if (steps.size() == 2) {
    const std::optional<int> step = ReadNumber(steps[1]);
    if (!step || *step < 1 || *step > field.most) return false;
  }
  if (steps[0] == "*") return true;
  const std::vector<std::string_view> ends = Split(steps[0], '-');
  // A step needs something to step over.
  if (ends.size() > 2 || (ends.size() == 1 && steps.size() == 2)) return false;
  int last = field.least;
  for (const std::string_view end : ends) {
    const std::optional<int> number = ReadNumber(end);
    if (!number || *number < last || *number > field.most) return false;
    last = *number;
  }
  return true;
}

}  // namespace

bool IsEmail(std::string_view text) {
  const std::optional<Runes> runes = Decode(text);
  if (!runes) return false;
  RunesView all = *runes;
  const std::size_t at = all.rfind(U'@');
  if (at == RunesView::npos) return false;
  const RunesView local = all.substr(0, at);
  RunesView domain = all.substr(at + 1);
  if (!IsDotAtom(local) && !IsQuotedLocal(local)) return false;
  if (domain.ends_with(U'.')) domain.remove_suffix(1);
  const std::size_t dot = domain.rfind(U'.');
  return dot != RunesView::npos && IsMailLabels(domain.substr(0, dot)) &&
         IsMailTld(domain.substr(dot + 1));
}

bool IsUrl(std::string_view text) {
  if (text.size() <= 3 || text.starts_with('.') || text.size() > kUrlRunesMax * 4) return false;
  const std::optional<Runes> runes = Decode(text);
  return runes && runes->size() < kUrlRunesMax && ParsesAsReference(text) && HasUrlShape(*runes);
}

bool IsHost(std::string_view text) {
  if (IsIp(text)) return true;
  std::size_t letters = 0;
  for (const char c : text) letters += c == '.' ? 0 : 1;
  if (text.empty() || letters > 255) return false;
  if (text.size() > 1 && (text.back() == '.' || text.back() == '_')) text.remove_suffix(1);
  for (const std::string_view label : Split(text, '.')) {
    if (label.empty() || label.size() > 63 || label[0] == '-') return false;
    for (const char c : label) {
      if (!IsLabelCharacter(c)) return false;
    }
  }
  return true;
}

bool IsIp(std::string_view text) {
  const std::string address(text);
  in_addr v4{};
  in6_addr v6{};
  return address.find('\0') == std::string::npos &&
         (inet_pton(AF_INET, address.c_str(), &v4) == 1 ||
          inet_pton(AF_INET6, address.c_str(), &v6) == 1);
}

bool IsIpOrSubnet(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  if (!IsIp(address)) return false;
  if (slash == std::string_view::npos) return true;
  const std::string_view bits = text.substr(slash + 1);
  const std::optional<int> number =
      bits.empty() || bits[0] == '-' || (bits.size() > 1 && bits[0] == '0') ? std::nullopt
                                                                            : ReadNumber(bits);
  return number && *number <= (address.find(':') == std::string_view::npos ? 32 : 128);
}

bool IsHexColor(std::string_view text) {
  if (text.size() != 7 || text[0] != '#') return false;
  for (const char c : text.substr(1)) {
    if (!IsHexDigit(c)) return false;
  }
  return true;
}

std::string CronMistake(std::string_view text) {
  for (const std::string_view macro :
       {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}) {
    if (text == macro) return "";
  }
  const std::vector<std::string_view> fields = Split(text, ' ');
  if (fields.size() != kCronFields.size()) {
    return "invalid cron expression - must be a valid macro or to have exactly 5 space separated "
           "segments";
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (const std::string_view range : Split(fields[i], ',')) {
      if (!IsCronRange(range, kCronFields[i]))
        return "invalid cron " + std::string(kCronFields[i].name) + " segment \"" +
               std::string(fields[i]) + "\"";
    }
  }
  return "";
}

}  // namespace sluice::settings
