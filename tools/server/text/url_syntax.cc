// The grammar of R-78 is ambiguous: where the user ends, and which part of a
// host a letter belongs to, shows only later. Users are tried one `@` after the
// other, but the hosts behind them do not overlap; a host's name runs through an
// automaton that is in several states at once. So the time is linear.
// Tested by tests/server/text_address_test.cc.
#include "tools/server/text/url_syntax.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdint>
#include <string>

#include "tools/server/text/runes.h"
#include "tools/server/text/url_reference.h"

namespace sluice::text {
namespace {

constexpr std::size_t kBytesMin = 4;
constexpr std::size_t kRunesEnd = 2083;

bool IsBlank(char32_t c) { return c == U' ' || (c >= U'\t' && c <= U'\r' && c != U'\v'); }
bool IsOther(char32_t c) { return c >= 0xA1 && c <= 0xFFFF; }

// ---- IP addresses ----

bool IsOctet(RunesView text, int least, int most) {
  if (text.empty() || text.size() > 3 || !All(text, IsDigit)) return false;
  int number = 0;
  for (const char32_t c : text) number = number * 10 + static_cast<int>(c - U'0');
  // Two digits may start with 0, three may not.
  return number >= least && number <= most && !(text.size() == 3 && text[0] == U'0');
}

bool IsIpv4(RunesView text) {
  RunesView parts[4];
  for (int i = 0; i < 3; ++i) {
    const std::size_t dot = text.find(U'.');
    if (dot == RunesView::npos) return false;
    parts[i] = text.substr(0, dot);
    text.remove_prefix(dot + 1);
  }
  parts[3] = text;
  if (parts[0].empty() || parts[0][0] == U'0') return false;
  return (IsOctet(parts[0], 1, 223) || IsOctet(parts[0], 240, 255)) && IsOctet(parts[1], 0, 255) &&
         IsOctet(parts[2], 0, 255) && IsOctet(parts[3], 0, 254);
}

// Without its brackets.
bool IsIpv6(RunesView text) {
  std::string address;
  for (const char32_t c : text) {
    if (c == 0 || c > 127) return false;
    address += static_cast<char>(c);
  }
  in6_addr parsed{};
  return inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

// ---- names: (P | S)? tail ( . letters )? ----

using States = std::uint32_t;

// Each state says what was read last.
enum State : States {
  // tail: letters and digits, one or two dashes between them
  kTailBegin = 1U << 0,
  kTail = 1U << 1,
  kTailDash = 1U << 2,
  kTailDashes = 1U << 3,
  kTopDot = 1U << 4,
  kTop = 1U << 5,
  // P: two or more letters, digits, `-`, `_` between letters or digits, then
  // runs behind one `-` or `.` each
  kPrefixBegin = 1U << 6,
  kPrefixFirst = 1U << 7,
  kPrefix = 1U << 8,
  kPrefixMark = 1U << 9,
  kPrefixSeparator = 1U << 10,
  kPrefixRun = 1U << 11,
  // S: letters and digits with single `-`, `_`, `.` between them, two at the
  // end, a dot, and more of them
  kSubBegin = 1U << 12,
  kSubOne = 1U << 13,
  kSubTwo = 1U << 14,
  kSubMark = 1U << 15,
  kSubDot = 1U << 16,
  kSubRun = 1U << 17,
  // S: `www.`
  kWwwBegin = 1U << 18,
  kWww1 = 1U << 19,
  kWww2 = 1U << 20,
  kWww3 = 1U << 21,
};

struct Move {
  States from;
  States to;
};

constexpr Move kOnAlnum[] = {
    {kPrefixBegin, kPrefixFirst},
    {kPrefixFirst | kPrefix | kPrefixMark, kPrefix | kTailBegin},
    {kPrefixSeparator | kPrefixRun, kPrefixRun | kTailBegin},
    {kSubBegin | kSubMark, kSubOne},
    {kSubOne | kSubTwo, kSubTwo},
    {kSubDot | kSubRun, kSubRun | kTailBegin},
};
constexpr Move kOnAlnumOrOther[] = {{kTailBegin | kTail | kTailDash | kTailDashes, kTail}};
constexpr Move kOnLetterOrOther[] = {{kTopDot | kTop, kTop}};
constexpr Move kOnW[] = {{kWwwBegin, kWww1}, {kWww1, kWww2}, {kWww2, kWww3}};
constexpr Move kOnDash[] = {
    {kTail, kTailDash},
    {kTailDash, kTailDashes},
    {kPrefixFirst | kPrefix | kPrefixMark, kPrefixMark},
    {kPrefix | kPrefixRun, kPrefixSeparator},
    {kSubOne | kSubTwo, kSubMark},
};
constexpr Move kOnUnderscore[] = {
    {kPrefixFirst | kPrefix | kPrefixMark, kPrefixMark},
    {kSubOne | kSubTwo, kSubMark},
};
constexpr Move kOnDot[] = {
    {kTail, kTopDot},
    {kPrefix | kPrefixRun, kPrefixSeparator},
    {kSubOne | kSubTwo, kSubMark},
    {kSubTwo, kSubDot},
    {kWww3, kTailBegin},
};

template <std::size_t kSize>
States Follow(const Move (&moves)[kSize], States states) {
  States next = 0;
  for (const Move& move : moves) {
    if ((states & move.from) != 0) next |= move.to;
  }
  return next;
}

States Next(States states, char32_t c) {
  if (c == U'-') return Follow(kOnDash, states);
  if (c == U'_') return Follow(kOnUnderscore, states);
  if (c == U'.') return Follow(kOnDot, states);
  States next = 0;
  if (IsAlnum(c)) next |= Follow(kOnAlnum, states);
  if (IsAlnum(c) || IsOther(c)) next |= Follow(kOnAlnumOrOther, states);
  if (IsLetter(c) || IsOther(c)) next |= Follow(kOnLetterOrOther, states);
  if (c == U'w') next |= Follow(kOnW, states);
  return next;
}

bool IsName(RunesView text) {
  States states = kTailBegin | kPrefixBegin | kSubBegin | kWwwBegin;
  for (const char32_t c : text) {
    states = Next(states, c);
    if (states == 0) return false;
  }
  return (states & (kTail | kTop)) != 0;
}

// ---- the whole ----

// An address or a name, a dot behind it or not.
bool IsHost(RunesView text) {
  if (IsIpv4(text) || IsName(text)) return true;
  if (!text.ends_with(U'.')) return false;
  text.remove_suffix(1);
  return IsIpv4(text) || IsName(text);
}

class UrlMatcher {
 public:
  explicit UrlMatcher(RunesView text) : text_(text), last_blank_(text.find_last_of(U" \t\n\f\r")) {}

  bool Run() const {
    constexpr RunesView kSchemes[] = {U"http://", U"https://", U"ftp://", U"tcp://",
                                      U"udp://",  U"ws://",    U"wss://"};
    for (const RunesView scheme : kSchemes) {
      if (text_.starts_with(scheme) && IsFromHost(scheme.size())) return true;
    }
    if (IsFromHost(0)) return true;
    // The user is any text without blanks, up to any `@`.
    for (std::size_t at = 1; at < text_.size() && !IsBlank(text_[at - 1]); ++at) {
      if (text_[at] == U'@' && IsFromHost(at + 1)) return true;
    }
    return false;
  }

 private:
  // host [.] [:port] [path], from `begin` to the end. Reads no further than to
  // the next `@` of the host.
  bool IsFromHost(std::size_t begin) const {
    std::size_t end = begin;
    if (begin < text_.size() && text_[begin] == U'[') {
      end = text_.find_first_of(U"]@", begin);
      if (end == RunesView::npos || !IsIpv6(text_.substr(begin + 1, end - begin - 1))) return false;
      ++end;
      if (end < text_.size() && text_[end] == U'.') ++end;
    } else {
      end = std::min(text_.find_first_of(U":/?#@", begin), text_.size());
      if (!IsHost(text_.substr(begin, end - begin))) return false;
    }
    return SkipPort(end) && IsPath(end);
  }

  // Steps over a port, if there is one. False for a colon without one.
  bool SkipPort(std::size_t& at) const {
    constexpr std::size_t kDigitsMax = 5;
    if (at == text_.size() || text_[at] != U':') return true;
    const std::size_t begin = ++at;
    while (at < text_.size() && at - begin <= kDigitsMax && IsDigit(text_[at])) ++at;
    return at > begin && at - begin <= kDigitsMax;
  }

  bool IsPath(std::size_t at) const {
    if (at == text_.size()) return true;
    const char32_t c = text_[at];
    const bool blank = last_blank_ != RunesView::npos && last_blank_ > at;
    return (c == U'/' || c == U'?' || c == U'#') && !blank;
  }

  RunesView text_;
  std::size_t last_blank_;
};

// What stands before the grammar: the text must make sense as a reference.
bool IsSensibleReference(std::string_view text) {
  std::string with_scheme;
  if (text.find(':') != text.npos && text.find("://") == text.npos) {
    with_scheme = "http://" + std::string(text);
    text = with_scheme;
  }
  const std::optional<UrlReference> reference = ParseUrlReference(text);
  if (!reference || reference->host.starts_with('.')) return false;
  return !reference->host.empty() || reference->path.find('.') != std::string_view::npos;
}

}  // namespace

bool IsUrl(std::string_view text) {
  constexpr std::size_t kRuneBytesMax = 4;
  if (text.size() < kBytesMin || text.size() >= kRunesEnd * kRuneBytesMax ||
      text.starts_with('.')) {
    return false;
  }
  const std::optional<Runes> runes = DecodeRunes(text);
  return runes && runes->size() < kRunesEnd && IsSensibleReference(text) &&
         UrlMatcher(*runes).Run();
}

std::string_view UrlHost(std::string_view text) {
  const std::optional<UrlReference> reference = ParseUrlReference(text);
  return reference ? reference->host : std::string_view();
}

}  // namespace sluice::text
