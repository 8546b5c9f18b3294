// Tested by tests/server/oauth2_providers_test.cc and tests/conformance.
#include "tools/server/oauth2/methods.h"

#include <array>

#include "openssl/evp.h"

#include "tools/server/auth/random_text.h"
#include "tools/server/auth/token.h"
#include "tools/server/collections/meta.h"
#include "tools/server/collections/providers.h"
#include "tools/server/oauth2/providers.h"
#include "tools/server/oauth2/web_client.h"

namespace sluice::oauth2 {
namespace {

constexpr std::size_t kStateSize = 30;
constexpr std::size_t kVerifierSize = 43;

std::string ChallengeOf(const std::string& verifier) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(verifier.data(), verifier.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return auth::Base64Url({reinterpret_cast<const char*>(digest.data()), size});
}

// Parameters in the order of their names.
std::string AuthUrl(const Provider& provider, const login::MethodProvider& method) {
  std::vector<std::pair<std::string, std::string>> params = {{"client_id", provider.client_id()}};
  if (!method.code_challenge.empty()) {
    params.emplace_back("code_challenge", method.code_challenge);
    params.emplace_back("code_challenge_method", method.code_challenge_method);
  }
  if (provider.spec->source == UserSource::kApple)
    params.emplace_back("response_mode", "form_post");
  params.emplace_back("response_type", "code");
  if (std::string scopes = provider.scopes(); !scopes.empty())
    params.emplace_back("scope", std::move(scopes));
  params.emplace_back("state", method.state);
  std::string url = provider.auth_url();
  url += url.find('?') == url.npos ? '?' : '&';
  return url + FormEncode(params) + "&redirect_uri=";
}

std::string DisplayName(const Provider& provider) {
  if (!provider.options->display_name.empty()) return provider.options->display_name;
  for (const collections::Provider& known : collections::Providers()) {
    if (known.name == provider.spec->name) return std::string(known.display_name);
  }
  return provider.options->name;
}

}  // namespace

std::vector<login::MethodProvider> MethodsOf(const store::AuthOptions& options) {
  std::vector<login::MethodProvider> methods;
  if (!options.oauth2_enabled) return methods;
  for (const store::OAuth2Provider& configured : options.providers) {
    const Provider provider = Resolve(configured);
    if (provider.spec == nullptr) continue;
    login::MethodProvider method;
    method.name = configured.name;
    method.display_name = DisplayName(provider);
    method.logo = collections::ProviderLogo(method.display_name);
    method.state = auth::RandomText(kStateSize);
    if (provider.pkce()) {
      method.code_verifier = auth::RandomText(kVerifierSize);
      method.code_challenge = ChallengeOf(method.code_verifier);
      method.code_challenge_method = "S256";
    }
    method.auth_url = AuthUrl(provider, method);
    methods.push_back(std::move(method));
  }
  return methods;
}

}  // namespace sluice::oauth2
