// One mail, and its form on the wire.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "sluice/status.h"

namespace sluice::mail {

// To one recipient, from one sender.
struct Mail {
  std::string from_name;
  std::string from_address;
  std::string to;
  std::string subject;
  std::string html;  // the whole document; the text part is made from it
};

// What `mail` is as bytes, each line ending in CRLF. No text in it can begin a
// header of its own.
std::string MimeText(const Mail& mail, std::chrono::system_clock::time_point now);

// Whether an address may be named to a mail server: no blanks, angle brackets
// or control characters, which could end the command that names it.
Status CheckAddress(std::string_view address);

// A header's text: as it is, or as encoded words (RFC 2047) when it is not
// plain ASCII. Line breaks are dropped.
std::string EncodedHeader(std::string_view text);

// RFC 2045 quoted-printable of UTF-8 text; any line break becomes CRLF.
std::string QuotedPrintable(std::string_view text);

}  // namespace sluice::mail
