// The options of auth collections (S-52).
#include <set>

#include "tools/server/collections/host_name.h"
#include "tools/server/collections/providers.h"
#include "tools/server/collections/validate.h"

namespace sluice::collections {
namespace {

namespace bj = boost::json;

using Path = std::vector<std::string_view>;

class AuthValidator {
 public:
  AuthValidator(const Candidate& candidate, FieldErrors& errors)
      : candidate_(candidate), errors_(errors), options_(candidate.draft.auth) {}

  void Run() {
    Rules();
    Mail({"authAlert", "emailTemplate"}, Part(Part(options_, "authAlert").at("emailTemplate")));
    Mail({"otp", "emailTemplate"}, Part(Part(options_, "otp").at("emailTemplate")));
    for (const char* key :
         {"verificationTemplate", "resetPasswordTemplate", "confirmEmailChangeTemplate"})
      Mail({key}, Part(options_, key));
    for (const char* key :
         {"authToken", "passwordResetToken", "emailChangeToken", "verificationToken", "fileToken"})
      Token(key);
    const bj::object& otp = Part(options_, "otp");
    if (Bool(otp, "enabled")) {
      Between({"otp", "duration"}, Integer(otp, "duration"), 10, 86400);
      Between({"otp", "length"}, Integer(otp, "length"), 4, INT64_MAX);
    }
    SecondFactor();
    if (Bool(Part(options_, "oauth2"), "enabled")) Providers();
    if (Bool(Part(options_, "passwordAuth"), "enabled")) Identities();
  }

 private:
  static const bj::object& Part(const bj::value& object, std::string_view key) {
    return collections::Part(object, key);
  }
  static const bj::object& Part(const bj::value& object) { return object.get_object(); }

  // What `authRule` or `manageRule` of some options is; nothing: null.
  static RuleText Rule(const bj::value& options, std::string_view key) {
    const bj::value& rule = options.get_object().at({key.data(), key.size()});
    if (!rule.is_string()) return std::nullopt;
    return std::string(rule.get_string());
  }

  void Rules() {
    for (const char* key : {"authRule", "manageRule"}) {
      const RuleText rule = Rule(options_, key);
      if (rule && rule->empty() && std::string_view(key) == "manageRule") {
        errors_.Add({key}, {"validation_nil_or_not_empty_required", "cannot be blank"});
      }
      if (rule) ValidateRule(candidate_, {key}, *rule, errors_);
      if (candidate_.before != nullptr && candidate_.before->system &&
          candidate_.before->is_auth() && Rule(candidate_.before->auth, key) != rule) {
        errors_.Add({key}, {"validation_collection_system_rule_change",
                            "System collection API rule cannot be changed."});
      }
    }
  }

  void Mail(std::initializer_list<std::string_view> path, const bj::object& mail) {
    FieldErrors found;
    for (const char* key : {"subject", "body"}) {
      if (Text(mail, key).empty()) found.Add({key}, Required());
    }
    errors_.AddGroup(path, std::move(found));
  }

  void Between(FieldErrors::Path path, std::int64_t value, std::int64_t min, std::int64_t max) {
    if (value == 0) return errors_.Add(path, Required());
    if (value < min) return errors_.Add(path, TooSmall(min));
    if (value > max) errors_.Add(path, TooLarge(max));
  }

  void Token(std::string_view key) {
    constexpr std::int64_t kSecondsMax = 94670856;
    const bj::object& token = Part(options_, key);
    const std::size_t size = Text(token, "secret").size();
    if (size == 0) {
      errors_.Add({key, "secret"}, Required());
    } else if (size < 30 || size > 255) {
      errors_.Add({key, "secret"}, LengthOutOfRange(30, 255));
    }
    Between({key, "duration"}, Integer(token, "duration"), 10, kSecondsMax);
  }

  void SecondFactor() {
    const bj::object& mfa = Part(options_, "mfa");
    ValidateRule(candidate_, {"mfa", "rule"}, Text(mfa, "rule"), errors_);
    if (!Bool(mfa, "enabled")) return;
    Between({"mfa", "duration"}, Integer(mfa, "duration"), 10, 86400);
    int ways = 0;
    for (const char* key : {"passwordAuth", "oauth2", "otp"})
      ways += Bool(Part(options_, key), "enabled") ? 1 : 0;
    if (ways < 2)
      errors_.Add({"mfa", "enabled"}, {"validation_mfa_not_enough_auths",
                                       "MFA requires at least 2 auth methods to be enabled."});
  }

  void Providers() {
    const bj::value& providers = Part(options_, "oauth2").at("providers");
    if (!providers.is_array()) return;
    std::set<std::string> names;
    for (std::size_t i = 0; i < providers.get_array().size(); ++i) {
      FieldErrors found = Provider(providers.get_array()[i].get_object());
      const std::string name = Text(providers.get_array()[i].get_object(), "name");
      if (!name.empty() && !names.insert(name).second) {
        found.Add({"name"}, {"validation_duplicated_provider",
                             "The provider " + name + " is already registered.",
                             {{"name", name}}});
      }
      errors_.AddGroup({"oauth2", "providers", std::to_string(i)}, std::move(found));
    }
  }

  static FieldErrors Provider(const bj::object& provider) {
    FieldErrors found;
    const std::string name = Text(provider, "name");
    if (name.empty()) {
      found.Add({"name"}, Required());
    } else if (!IsProvider(name)) {
      found.Add({"name"}, {"validation_missing_provider",
                           "Invalid or missing provider with name " + name + ".",
                           {{"name", name}}});
    }
    for (const char* key : {"clientId", "clientSecret"}) {
      if (Text(provider, key).empty()) found.Add({key}, Required());
    }
    for (const char* key : {"authURL", "tokenURL", "userInfoURL"}) {
      const std::string url = Text(provider, key);
      if (!url.empty() && !IsUrl(url))
        found.Add({key}, {"validation_is_url", "must be a valid URL"});
    }
    return found;
  }

  void Identities() {
    const bj::value& fields = Part(options_, "passwordAuth").at("identityFields");
    const auto add = [this](Mistake mistake) {
      errors_.Add({"passwordAuth", "identityFields"}, std::move(mistake));
    };
    if (!fields.is_array() || fields.get_array().empty()) return add(Required());
    for (const bj::value& item : fields.get_array()) {
      const std::string name(item.get_string());
      if (candidate_.collection.FindField(name) == nullptr) {
        return add({"validation_missing_field",
                    "Invalid or missing field " + name + ".",
                    {{"fieldName", name}}});
      }
      if (!candidate_.collection.HasUniqueIndexOn(name)) {
        return add({"validation_missing_unique_constraint",
                    "The field " + name + " doesn't have a UNIQUE constraint.",
                    {{"fieldName", name}}});
      }
    }
  }

  const Candidate& candidate_;
  FieldErrors& errors_;
  const bj::value& options_;
};

}  // namespace

void ValidateAuthOptions(const Candidate& candidate, FieldErrors& errors) {
  AuthValidator(candidate, errors).Run();
}

}  // namespace sluice::collections
