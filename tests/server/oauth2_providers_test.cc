// The table of providers, and what auth-methods makes of it.
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "openssl/evp.h"

#include "tools/server/auth/token.h"
#include "tools/server/collections/providers.h"
#include "tools/server/oauth2/methods.h"
#include "tools/server/oauth2/providers.h"

namespace sluice::oauth2 {
namespace {

store::AuthOptions Configured(store::OAuth2Provider provider) {
  store::AuthOptions options;
  options.oauth2_enabled = true;
  provider.client_id = "c id";
  options.providers.push_back(std::move(provider));
  return options;
}

login::MethodProvider MethodOf(store::OAuth2Provider provider) {
  const auto methods = MethodsOf(Configured(std::move(provider)));
  EXPECT_EQ(methods.size(), 1U);
  return methods.empty() ? login::MethodProvider() : methods[0];
}

// Both lists name the same ones, in the same order.
TEST(Providers, EveryKnownNameHasARow) {
  const auto names = collections::Providers();
  const auto rows = AllProviders();
  ASSERT_EQ(names.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(names[i].name, rows[i].name);
  EXPECT_EQ(FindProvider("nope"), nullptr);
  EXPECT_EQ(FindProvider("OIDC"), nullptr);
}

TEST(Providers, RowsAreWhole) {
  const std::set<std::string_view> without = {"mailcow", "oidc", "oidc2", "oidc3"};
  for (const ProviderSpec& row : AllProviders()) {
    const bool bare = without.contains(row.name);
    EXPECT_EQ(row.auth_url.starts_with("https://"), !bare) << row.name;
    EXPECT_EQ(row.token_url.starts_with("https://"), !bare) << row.name;
    EXPECT_EQ(row.user_url.starts_with("https://"), !bare && row.name != "apple") << row.name;
    EXPECT_FALSE(row.user.id.empty()) << row.name;
  }
}

TEST(Providers, OptionsComeFirst) {
  store::OAuth2Provider options;
  options.name = "github";
  EXPECT_EQ(Resolve(options).token_url(), "https://github.com/login/oauth/access_token");
  EXPECT_TRUE(Resolve(options).pkce());
  options.token_url = "https://own.test/token";
  options.pkce = false;
  EXPECT_EQ(Resolve(options).token_url(), "https://own.test/token");
  EXPECT_FALSE(Resolve(options).pkce());
  options.extra = {{"text", "x"}, {"number", 5}};
  EXPECT_EQ(Resolve(options).ExtraText("text"), "x");
  EXPECT_EQ(Resolve(options).ExtraText("number"), "");
}

TEST(MethodsOf, Url) {
  const login::MethodProvider method = MethodOf({.name = "oidc", .auth_url = "https://a.test/x"});
  EXPECT_EQ(method.state.size(), 30U);
  EXPECT_EQ(method.code_verifier.size(), 43U);
  EXPECT_EQ(method.auth_url,
            "https://a.test/x?client_id=c+id&code_challenge=" + method.code_challenge +
                "&code_challenge_method=S256&response_type=code&scope=openid+"
                "email+profile&state=" +
                method.state + "&redirect_uri=");
  unsigned char digest[32];
  unsigned size = 0;
  EVP_Digest(method.code_verifier.data(), method.code_verifier.size(), digest, &size, EVP_sha256(),
             nullptr);
  EXPECT_EQ(method.code_challenge,
            auth::Base64Url({reinterpret_cast<const char*>(digest), sizeof(digest)}));
}

TEST(MethodsOf, WithoutPkceAndWithAQuery) {
  const login::MethodProvider method =
      MethodOf({.pkce = false, .name = "notion", .auth_url = "https://a.test/x?y=1"});
  EXPECT_EQ(method.auth_url, "https://a.test/x?y=1&client_id=c+id&response_type=code&state=" +
                                 method.state + "&redirect_uri=");
  EXPECT_EQ(method.code_verifier + method.code_challenge + method.code_challenge_method, "");
}

TEST(MethodsOf, Names) {
  EXPECT_EQ(MethodOf({.name = "vk"}).display_name, "ВКонтакте");
  EXPECT_EQ(MethodOf({.name = "vk", .display_name = "V"}).display_name, "V");
  EXPECT_NE(MethodOf({.name = "vk"}).logo.find("<svg"), std::string::npos);
}

TEST(MethodsOf, ProvidersWithAWayOfTheirOwn) {
  EXPECT_NE(MethodOf({.name = "apple"}).auth_url.find("&response_mode=form_post&"),
            std::string::npos);
  EXPECT_NE(MethodOf({.name = "microsoft", .extra = {{"idTokenEmailClaim", "email"}}})
                .auth_url.find("&scope=User.Read+openid&"),
            std::string::npos);
  EXPECT_NE(MethodOf({.name = "microsoft"}).auth_url.find("&scope=User.Read&"), std::string::npos);
}

TEST(MethodsOf, UnknownOrOff) {
  EXPECT_TRUE(MethodsOf(Configured({.name = "nope"})).empty());
  store::AuthOptions off = Configured({.name = "oidc"});
  off.oauth2_enabled = false;
  EXPECT_TRUE(MethodsOf(off).empty());
}

TEST(MethodsOf, FreshEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 20; ++i) {
    const login::MethodProvider method = MethodOf({.name = "google"});
    seen.insert(method.state);
    seen.insert(method.code_verifier);
  }
  EXPECT_EQ(seen.size(), 40U);
}

}  // namespace
}  // namespace sluice::oauth2
