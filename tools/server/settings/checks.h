// Whether a text is an address, a URL, an e-mail address, a host, a schedule:
// by the peer's rules, oddities included.
#pragma once

#include <string>
#include <string_view>

#include "tools/server/text/email_syntax.h"
#include "tools/server/text/url_syntax.h"

namespace sluice::settings {

using text::IsEmail;
using text::IsUrl;

// An IP address or a DNS name of labels of up to 63 letters, digits, `-`, `_`.
bool IsHost(std::string_view text);

bool IsIp(std::string_view text);

// An IP address, or one with `/` and the bits of its prefix.
bool IsIpOrSubnet(std::string_view text);

// `#` and six hexadecimal digits.
bool IsHexColor(std::string_view text);

// Why `text` is no schedule: five fields or a macro as @daily. Empty when it is one.
std::string CronMistake(std::string_view text);

}  // namespace sluice::settings
