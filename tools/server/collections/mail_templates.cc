#include "tools/server/collections/mail_templates.h"

namespace sluice::collections {
namespace {

struct Entry {
  std::string_view key;
  MailTemplate mail;
};

constexpr Entry kMails[] = {
    {"verificationTemplate",
     {"Confirm your address for {APP_NAME}",
      "<p>Welcome to {APP_NAME}!</p>\n"
      "<p>Please confirm that this address is yours:</p>\n"
      "<p><a href=\"{APP_URL}/_/#/auth/confirm-verification/{TOKEN}\" target=\"_blank\" rel=\"noopener\">Confirm the address</a></p>\n"
      "<p>If you did not sign up, nothing needs to be done.</p>\n"
      "<p>{APP_NAME}</p>"}},
    {"resetPasswordTemplate",
     {"A new password for {APP_NAME}",
      "<p>Somebody, perhaps you, asked for a new password at {APP_NAME}.</p>\n"
      "<p><a href=\"{APP_URL}/_/#/auth/confirm-password-reset/{TOKEN}\" target=\"_blank\" rel=\"noopener\">Choose a new password</a></p>\n"
      "<p><i>If it was not you, ignore this message: your password stays as it is.</i></p>\n"
      "<p>{APP_NAME}</p>"}},
    {"confirmEmailChangeTemplate",
     {"Confirm your new address for {APP_NAME}",
      "<p>This address was entered as the new one of an account at {APP_NAME}.</p>\n"
      "<p><a href=\"{APP_URL}/_/#/auth/confirm-email-change/{TOKEN}\" target=\"_blank\" rel=\"noopener\">Use the new address</a></p>\n"
      "<p><i>If you did not ask for it, ignore this message.</i></p>\n"
      "<p>{APP_NAME}</p>"}},
    {"otp",
     {"Your one-time password for {APP_NAME}",
      "<p>Your one-time password is <strong>{OTP}</strong></p>\n"
      "<p><i>If you did not ask for it, ignore this message.</i></p>\n"
      "<p>{APP_NAME}</p>"}},
    {"authAlert",
     {"A new login to {APP_NAME}",
      "<p>Somebody logged in to your {APP_NAME} account from a place that was not used before:</p>\n"
      "<p><em>{ALERT_INFO}</em></p>\n"
      "<p><strong>If it was not you, change your password now: that ends all other sessions.</strong></p>\n"
      "<p>If it was you, nothing needs to be done.</p>\n"
      "<p>{APP_NAME}</p>"}},
};

}  // namespace

MailTemplate DefaultMail(std::string_view key) {
  for (const Entry& entry : kMails) {
    if (entry.key == key) return entry.mail;
  }
  return {};
}

}  // namespace sluice::collections
