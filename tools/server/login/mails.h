// The mails about a record: templates of its collection, filled in (A-106 to
//
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/server/mail/message.h"
#include "tools/server/store/snapshot.h"
#include "tools/server/writes/record.h"

namespace sluice::login {

enum class MailKind : std::uint8_t {
  kVerification,
  kPasswordReset,
  kEmailChange,
  kOtp,
  kLoginAlert
};

// Placeholders beside those of the application and the record, as `TOKEN`, with
// what they become in HTML.
using MailValues = std::vector<std::pair<std::string_view, std::string>>;

// `record` is of a collection with `options`. `to` is the recipient.
mail::Mail MakeMail(MailKind kind, const store::Settings& settings,
                    const store::AuthOptions& options, const writes::Record& record,
                    const MailValues& values, std::string to);

// {ALERT_INFO}: when, from where and with what somebody logged in.
std::string AlertInfo(std::int64_t now_millis, std::string_view ip, std::string_view user_agent);

}  // namespace sluice::login
