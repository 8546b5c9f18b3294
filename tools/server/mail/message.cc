// Tested by tests/server/mail_message_test.cc.
#include "tools/server/mail/message.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "tools/server/auth/random_text.h"
#include "tools/server/mail/html_text.h"

namespace sluice::mail {
namespace {

constexpr std::size_t kMessageIdSize = 15;
constexpr std::size_t kBoundarySize = 40;
constexpr std::size_t kQuotedLineMax = 76;
// `=?utf-8?q?` and `?=` around what RFC 2047 lets a word of 75 hold.
constexpr std::size_t kWordTextMax = 63;
// A header line beyond this may not pass every server (RFC 5322: 998).
constexpr std::size_t kPlainHeaderMax = 900;
constexpr char kHex[] = "0123456789ABCDEF";

bool IsPlain(char c) { return c >= ' ' && c <= '~'; }

void AppendHex(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '=';
  out += kHex[byte >> 4U];
  out += kHex[byte & 15U];
}

std::string WithoutBreaks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '\r' && c != '\n') out += c;
  }
  return out;
}

std::size_t CharacterSize(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && size < 4 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80)
    ++size;
  return size;
}

// One character as it stands in an encoded word.
std::string WordPart(std::string_view character) {
  std::string out;
  for (const char c : character) {
    if (c == ' ') {
      out += '_';
    } else if (IsPlain(c) && c != '=' && c != '?' && c != '_') {
      out += c;
    } else {
      AppendHex(out, c);
    }
  }
  return out;
}

// A display name: what is no atom is quoted, so that a comma does not begin
// another sender.
std::string DisplayName(std::string_view name) {
  const std::string encoded = EncodedHeader(name);
  const bool plain = encoded == name;
  if (!plain || encoded.find_first_of("()<>[]:;@\\,.\"") == std::string::npos) return encoded;
  std::string out = "\"";
  for (const char c : encoded) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// RFC 1123 with a zone, always UTC.
std::string DateText(std::chrono::system_clock::time_point now) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d +0000",
                kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text.data();
}

void AppendPart(std::string& out, const std::string& boundary, std::string_view type,
                std::string_view text) {
  out += "--" + boundary + "\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: ";
  out += type;
  out += "; charset=utf-8\r\n\r\n";
  out += QuotedPrintable(text);
  out += "\r\n";
}

}  // namespace

Status CheckAddress(std::string_view address) {
  const bool bad = std::any_of(address.begin(), address.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7F' || c == '<' || c == '>';
  });
  if (bad || address.find('@') == std::string_view::npos)
    return absl::InvalidArgumentError("the mail address \"" + WithoutBreaks(address) +
                                      "\" cannot be used");
  return absl::OkStatus();
}

std::string EncodedHeader(std::string_view text) {
  std::string plain = WithoutBreaks(text);
  // What already looks like an encoded word would be decoded as one.
  if (plain.size() <= kPlainHeaderMax && plain.find("=?") == std::string::npos &&
      std::all_of(plain.begin(), plain.end(), &IsPlain))
    return plain;
  std::string out;
  std::string word;
  const auto end_word = [&out, &word] {
    if (!out.empty()) out += "\r\n ";
    out += "=?utf-8?q?" + word + "?=";
    word.clear();
  };
  for (std::string_view rest = plain; !rest.empty();) {
    const std::size_t size = CharacterSize(rest);
    const std::string part = WordPart(rest.substr(0, size));
    if (word.size() + part.size() > kWordTextMax) end_word();
    word += part;
    rest.remove_prefix(size);
  }
  end_word();
  return out;
}

std::string QuotedPrintable(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n' || c == '\r') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const std::size_t next = i + 1;
    const bool ends_line = next == text.size() || text[next] == '\n' || text[next] == '\r';
    const bool blank = c == ' ' || c == '\t';
    // A blank at the end of a line would be lost; a dot at its beginning is
    // read as an end by careless servers.
    const bool literal =
        (IsPlain(c) && c != '=' && !(blank && ends_line) && !(c == '.' && column == 0)) ||
        (c == '\t' && !ends_line);
    const std::size_t width = literal ? 1 : 3;
    if (column + width > kQuotedLineMax - 1) {
      out += "=\r\n";
      column = 0;
    }
    if (literal && !(c == '.' && column == 0)) {
      out += c;
      column += 1;
    } else {
      AppendHex(out, c);
      column += 3;
    }
  }
  return out;
}

std::string MimeText(const Mail& mail, std::chrono::system_clock::time_point now) {
  const std::string outer = auth::RandomText(kBoundarySize);
  const std::string inner = auth::RandomText(kBoundarySize);
  const std::string domain = mail.from_address.substr(mail.from_address.find_last_of('@') + 1);
  std::string out;
  out += "From: " + DisplayName(mail.from_name) + " <" + WithoutBreaks(mail.from_address) + ">\r\n";
  out += "To: " + WithoutBreaks(mail.to) + "\r\n";
  out += "Subject: " + EncodedHeader(mail.subject) + "\r\n";
  out += "Date: " + DateText(now) + "\r\n";
  out +=
      "Message-ID: " + EncodedHeader("<" + auth::RandomText(kMessageIdSize) + "@" + domain + ">") +
      "\r\n";
  out += "MIME-Version: 1.0\r\n";
  out += "Content-Type: multipart/mixed;\r\n boundary=" + outer + "\r\n\r\n";
  out += "--" + outer + "\r\nContent-Type: multipart/alternative;\r\n boundary=" + inner;
  out += "\r\n\r\n";
  AppendPart(out, inner, "text/plain", TextOfHtml(mail.html));
  AppendPart(out, inner, "text/html", mail.html);
  out += "--" + inner + "--\r\n\r\n--" + outer + "--\r\n";
  return out;
}

}  // namespace sluice::mail
