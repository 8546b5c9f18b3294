// Matchers by hand. Tested by tests/server/settings_checks_test.cc.
#include "tools/server/settings/checks.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace sluice::settings {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// ---- hosts ----

bool IsLabelCharacter(char c) { return IsDigit(c) || IsLetter(c) || c == '_' || c == '-'; }

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
