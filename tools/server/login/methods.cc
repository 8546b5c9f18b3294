// Tested by tests/conformance (`auth`).
#include "tools/server/login/methods.h"

#include <algorithm>

#include "tools/server/json/json_text.h"

namespace sluice::login {
namespace {

std::string_view Bool(bool value) { return value ? "true" : "false"; }

void AppendMember(std::string& out, std::string_view key, std::string_view value) {
  out += out.ends_with('{') ? "\"" : ",\"";
  out += key;
  out += "\":";
  json::AppendString(out, value);
}

void AppendProvider(std::string& out, const MethodProvider& provider, std::string_view logo) {
  out += '{';
  AppendMember(out, "name", provider.name);
  AppendMember(out, "displayName", provider.display_name);
  AppendMember(out, "logo", logo);
  AppendMember(out, "state", provider.state);
  AppendMember(out, "authURL", provider.auth_url);
  AppendMember(out, "authUrl", provider.auth_url);
  AppendMember(out, "codeVerifier", provider.code_verifier);
  AppendMember(out, "codeChallenge", provider.code_challenge);
  AppendMember(out, "codeChallengeMethod", provider.code_challenge_method);
  out += '}';
}

std::string List(const std::vector<MethodProvider>& providers, bool logos) {
  std::string out = "[";
  for (const MethodProvider& provider : providers) {
    if (out.size() > 1) out += ',';
    AppendProvider(out, provider, logos ? provider.logo : std::string_view());
  }
  return out + "]";
}

bool HasIdentity(const store::AuthOptions& options, std::string_view field) {
  const auto& names = options.identity_fields;
  return options.password_enabled && std::find(names.begin(), names.end(), field) != names.end();
}

}  // namespace

std::string MethodsJson(const store::AuthOptions& options,
                        const std::vector<MethodProvider>& providers) {
  const bool oauth2 = options.oauth2_enabled;
  std::string out = "{\"password\":{\"identityFields\":[";
  if (options.password_enabled) {
    for (const std::string& name : options.identity_fields) {
      if (!out.ends_with('[')) out += ',';
      json::AppendString(out, name);
    }
  }
  out += "],\"enabled\":";
  out += Bool(options.password_enabled);
  out += "},\"oauth2\":{\"providers\":";
  out += oauth2 ? List(providers, true) : "[]";
  out += ",\"enabled\":";
  out += Bool(oauth2);
  out += "},\"mfa\":{\"enabled\":";
  out += Bool(options.mfa_enabled);
  out += ",\"duration\":" + std::to_string(options.mfa_enabled ? options.mfa_duration : 0);
  out += "},\"otp\":{\"enabled\":";
  out += Bool(options.otp_enabled);
  out += ",\"duration\":" + std::to_string(options.otp_enabled ? options.otp_duration : 0);
  out += "},\"authProviders\":";
  out += oauth2 ? List(providers, false) : "null";
  out += ",\"usernamePassword\":";
  out += Bool(HasIdentity(options, "username"));
  out += ",\"emailPassword\":";
  out += Bool(HasIdentity(options, "email"));
  return out + "}\n";
}

}  // namespace sluice::login
