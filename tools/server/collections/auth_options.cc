// Tested by tests/server/folder_test.cc.
#include "tools/server/collections/auth_options.h"

#include "tools/server/auth/random_text.h"
#include "tools/server/json/json_text.h"

namespace sluice::collections {
namespace {

constexpr std::size_t kSecretSize = 50;

struct Mail {
  std::string_view subject;
  std::string_view body;
};

constexpr Mail kLoginAlert = {"New sign-in to your {APP_NAME} account",
                              "<p>Hi,</p>\n"
                              "<p>somebody signed in to your {APP_NAME} account from a place that "
                              "we have not seen before:</p>\n"
                              "<p><em>{ALERT_INFO}</em></p>\n"
                              "<p>Was it you? Then all is well, and there is nothing to do.</p>\n"
                              "<p><strong>If it was not, choose a new password now: that signs out "
                              "every other device.</strong></p>\n"
                              "<p>{APP_NAME}</p>"};

constexpr Mail kOtp = {"Your code for {APP_NAME}",
                       "<p>Hi,</p>\n"
                       "<p>this code signs you in once: <strong>{OTP}</strong></p>\n"
                       "<p><i>You did not ask for it? Then somebody mistyped an address, and you "
                       "can delete this mail.</i></p>\n"
                       "<p>{APP_NAME}</p>"};

constexpr Mail kVerification = {
    "Confirm your address for {APP_NAME}",
    "<p>Hi,</p>\n"
    "<p>welcome to {APP_NAME}. Please confirm that this address is yours:</p>\n"
    "<p><a class=\"btn\" href=\"{APP_URL}/_/#/auth/confirm-verification/{TOKEN}\" "
    "target=\"_blank\" "
    "rel=\"noopener\">Confirm my address</a></p>\n"
    "<p><i>You have no account at {APP_NAME}? Then you can delete this mail.</i></p>\n"
    "<p>{APP_NAME}</p>"};

constexpr Mail kPasswordReset = {
    "A new password for {APP_NAME}",
    "<p>Hi,</p>\n"
    "<p>here you can choose a new password for your {APP_NAME} account:</p>\n"
    "<p><a class=\"btn\" href=\"{APP_URL}/_/#/auth/confirm-password-reset/{TOKEN}\" "
    "target=\"_blank\" "
    "rel=\"noopener\">Choose a new password</a></p>\n"
    "<p><i>You did not ask for one? Then you can delete this mail, your password stays.</i></p>\n"
    "<p>{APP_NAME}</p>"};

constexpr Mail kEmailChange = {
    "Confirm your new address for {APP_NAME}",
    "<p>Hi,</p>\n"
    "<p>please confirm that your {APP_NAME} account shall use this address from now on:</p>\n"
    "<p><a class=\"btn\" href=\"{APP_URL}/_/#/auth/confirm-email-change/{TOKEN}\" "
    "target=\"_blank\" "
    "rel=\"noopener\">Use this address</a></p>\n"
    "<p><i>You did not ask for a change? Then you can delete this mail, the old address "
    "stays.</i></p>\n"
    "<p>{APP_NAME}</p>"};

std::string ToJson(const Mail& mail) {
  std::string out = "{\"subject\":";
  json::AppendString(out, mail.subject);
  out += ",\"body\":";
  json::AppendString(out, mail.body);
  return out + "}";
}

std::string Token(std::int64_t seconds) {
  return "{\"secret\":\"" + auth::RandomText(kSecretSize) +
         "\",\"duration\":" + std::to_string(seconds) + "}";
}

}  // namespace

std::string AuthOptionsJson(const AuthOptions& options) {
  std::string out =
      "{\"authRule\":\"\",\"manageRule\":null,\"authAlert\":{\"enabled\":true,\"emailTemplate\":" +
      ToJson(kLoginAlert) + "}";
  out += ",\"oauth2\":{\"providers\":null,\"mappedFields\":{\"id\":\"\",\"name\":";
  json::AppendString(out, options.mapped_name);
  out += ",\"username\":\"\",\"avatarURL\":";
  json::AppendString(out, options.mapped_avatar);
  out += "},\"enabled\":false},\"passwordAuth\":{\"enabled\":true,\"identityFields\":[\"email\"]}";
  out += ",\"mfa\":{\"enabled\":false,\"duration\":600,\"rule\":\"\"}";
  out += ",\"otp\":{\"enabled\":false,\"duration\":180,\"length\":8,\"emailTemplate\":" +
         ToJson(kOtp) + "}";
  out += ",\"authToken\":" + Token(options.token_seconds);
  out += ",\"passwordResetToken\":" + Token(1800);
  out += ",\"emailChangeToken\":" + Token(1800);
  out += ",\"verificationToken\":" + Token(86400);
  out += ",\"fileToken\":" + Token(180);
  out += ",\"verificationTemplate\":" + ToJson(kVerification);
  out += ",\"resetPasswordTemplate\":" + ToJson(kPasswordReset);
  out += ",\"confirmEmailChangeTemplate\":" + ToJson(kEmailChange);
  return out + "}";
}

}  // namespace sluice::collections
