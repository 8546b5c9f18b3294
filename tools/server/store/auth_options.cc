// Tested by tests/server/login_options_test.cc.
#include "tools/server/store/auth_options.h"

#include <string_view>

#include "boost/json/parse.hpp"

#include "sluice/diagnostic.h"
#include "sluice/parser.h"

namespace sluice::store {
namespace {

namespace bj = boost::json;

// One object of the options; asked for members that may not be there.
class Group {
 public:
  explicit Group(const bj::value* value)
      : object_(value != nullptr ? value->if_object() : nullptr) {}

  const bj::value* Find(std::string_view key) const {
    return object_ == nullptr ? nullptr : object_->if_contains({key.data(), key.size()});
  }
  Group In(std::string_view key) const { return Group(Find(key)); }
  std::string Text(std::string_view key) const {
    const bj::value* value = Find(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
  }
  bool Bool(std::string_view key) const {
    const bj::value* value = Find(key);
    return value != nullptr && value->is_bool() && value->get_bool();
  }
  std::int64_t Integer(std::string_view key) const {
    const bj::value* value = Find(key);
    if (value == nullptr || !value->is_number()) return 0;
    boost::system::error_code error;
    const auto number = value->to_number<std::int64_t>(error);
    return error ? 0 : number;
  }
  const bj::array* List(std::string_view key) const {
    const bj::value* value = Find(key);
    return value == nullptr ? nullptr : value->if_array();
  }

 private:
  const bj::object* object_;
};

MailOption ReadMail(const Group& group) { return {group.Text("subject"), group.Text("body")}; }

TokenOption ReadToken(const Group& group) {
  return {group.Text("secret"), group.Integer("duration")};
}

OAuth2Provider ReadProvider(const Group& group) {
  OAuth2Provider provider;
  const bj::value* pkce = group.Find("pkce");
  if (pkce != nullptr && pkce->is_bool()) provider.pkce = pkce->get_bool();
  provider.name = group.Text("name");
  provider.client_id = group.Text("clientId");
  provider.client_secret = group.Text("clientSecret");
  provider.auth_url = group.Text("authURL");
  provider.token_url = group.Text("tokenURL");
  provider.user_info_url = group.Text("userInfoURL");
  provider.display_name = group.Text("displayName");
  const bj::value* extra = group.Find("extra");
  if (extra != nullptr && extra->is_object()) provider.extra = extra->get_object();
  return provider;
}

void ReadOAuth2(const Group& group, AuthOptions& options) {
  options.oauth2_enabled = group.Bool("enabled");
  if (const bj::array* providers = group.List("providers")) {
    for (const bj::value& provider : *providers)
      options.providers.push_back(ReadProvider(Group(&provider)));
  }
  const Group mapped = group.In("mappedFields");
  options.mapped_fields = {mapped.Text("id"), mapped.Text("name"), mapped.Text("username"),
                           mapped.Text("avatarURL")};
}

}  // namespace

ParsedRule ParseRule(const RuleText& text) {
  ParsedRule rule;
  rule.locked = !text.has_value();
  if (!text || text->empty()) return rule;
  StatusOr<Ast> ast = ParseFilter(*text, RuleLimits());
  if (ast.ok()) {
    rule.ast = *std::move(ast);
  } else {
    // Marked as the operator's mistake, as the binder marks its own.
    std::optional<Diagnostic> diagnostic = GetDiagnostic(ast.status());
    if (diagnostic) diagnostic->code = "rule_" + diagnostic->code;
    rule.error = diagnostic ? MakeError(*diagnostic) : ast.status();
  }
  return rule;
}

AuthOptions ReadAuthOptions(const Collection& collection) {
  boost::system::error_code error;
  bj::parse_options how;
  how.max_depth = 100;
  how.allow_invalid_utf8 = true;
  const bj::value value = bj::parse(collection.options_json, error, {}, how);
  const Group all(error ? nullptr : &value);
  AuthOptions options;
  options.auth_rule = ParseRule(collection.auth_rule);
  const Group password = all.In("passwordAuth");
  options.password_enabled = password.Bool("enabled");
  if (const bj::array* names = password.List("identityFields")) {
    for (const bj::value& name : *names) {
      if (name.is_string()) options.identity_fields.emplace_back(name.get_string());
    }
  }
  const Group mfa = all.In("mfa");
  options.mfa_enabled = mfa.Bool("enabled");
  options.mfa_duration = mfa.Integer("duration");
  options.mfa_rule_text = mfa.Text("rule");
  options.mfa_rule = ParseRule(options.mfa_rule_text);
  const Group otp = all.In("otp");
  options.otp_enabled = otp.Bool("enabled");
  options.otp_duration = otp.Integer("duration");
  options.otp_length = otp.Integer("length");
  options.otp_mail = ReadMail(otp.In("emailTemplate"));
  options.alert_enabled = all.In("authAlert").Bool("enabled");
  options.alert_mail = ReadMail(all.In("authAlert").In("emailTemplate"));
  ReadOAuth2(all.In("oauth2"), options);
  options.auth_token = ReadToken(all.In("authToken"));
  options.file_token = ReadToken(all.In("fileToken"));
  options.verification_token = ReadToken(all.In("verificationToken"));
  options.password_reset_token = ReadToken(all.In("passwordResetToken"));
  options.email_change_token = ReadToken(all.In("emailChangeToken"));
  options.verification_mail = ReadMail(all.In("verificationTemplate"));
  options.password_reset_mail = ReadMail(all.In("resetPasswordTemplate"));
  options.email_change_mail = ReadMail(all.In("confirmEmailChangeTemplate"));
  return options;
}

}  // namespace sluice::store
