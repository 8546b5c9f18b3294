// The mail texts that a new auth collection starts with: ours, with the
// placeholders and links that the peer's clients know (S-23).
#pragma once

#include <string_view>

namespace sluice::collections {

struct MailTemplate {
  std::string_view subject;
  std::string_view body;
};

// `key` is that of the options: `verificationTemplate`, `otp`, `authAlert`, …
// Empty for any other.
MailTemplate DefaultMail(std::string_view key);

}  // namespace sluice::collections
