// The options of an auth collection (S-23, A-125), as typed values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "boost/json/object.hpp"

#include "sluice/schema.h"
#include "tools/server/store/parsed_rule.h"

namespace sluice::store {

struct TokenOption {
  std::string secret;
  std::int64_t duration = 0;  // seconds
};

struct MailOption {
  std::string subject;
  std::string body;
};

// One configured provider. An empty URL means the provider's own.
struct OAuth2Provider {
  std::optional<bool> pkce;
  std::string name;
  std::string client_id;
  std::string client_secret;
  std::string auth_url;
  std::string token_url;
  std::string user_info_url;
  std::string display_name;
  boost::json::object extra;
};

// Which fields of a new record take what the provider says; empty: none.
struct OAuth2MappedFields {
  std::string id;
  std::string name;
  std::string username;
  std::string avatar_url;
};

struct AuthOptions {
  ParsedRule auth_rule;

  bool password_enabled = false;
  std::vector<std::string> identity_fields;

  bool mfa_enabled = false;
  std::int64_t mfa_duration = 0;  // seconds
  std::string mfa_rule_text;
  ParsedRule mfa_rule;

  bool otp_enabled = false;
  std::int64_t otp_duration = 0;  // seconds
  std::int64_t otp_length = 0;
  MailOption otp_mail;

  bool alert_enabled = false;
  MailOption alert_mail;

  bool oauth2_enabled = false;
  std::vector<OAuth2Provider> providers;
  OAuth2MappedFields mapped_fields;

  TokenOption auth_token;
  TokenOption file_token;
  TokenOption verification_token;
  TokenOption password_reset_token;
  TokenOption email_change_token;

  MailOption verification_mail;
  MailOption password_reset_mail;
  MailOption email_change_mail;
};

// The options of `collection`, which is an auth collection. What is missing or
// of a wrong type has the value of its kind that nobody has set.
AuthOptions ReadAuthOptions(const Collection& collection);

}  // namespace sluice::store
