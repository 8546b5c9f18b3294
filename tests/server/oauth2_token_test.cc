// Answers of token endpoints (A-82, A-83), and the conversation about them.
#include <string>
#include <string_view>

#include "gtest/gtest.h"

#include "tests/server/oauth2_provider.h"
#include "tools/server/oauth2/token.h"

namespace sluice::oauth2 {
namespace {

constexpr std::int64_t kNow = 1000000;

StatusOr<Token> Read(std::string_view body, std::string type = "application/json",
                     int status = 200) {
  return ReadToken({.status = status, .content_type = std::move(type), .body = std::string(body)},
                   kNow);
}

TEST(ReadToken, Json) {
  const StatusOr<Token> token =
      Read(R"({"access_token":"a","token_type":"bearer","refresh_token":"r","expires_in":5})");
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->access, "a");
  EXPECT_EQ(token->refresh, "r");
  EXPECT_EQ(token->expires, kNow + 5000);
  EXPECT_EQ(token->Authorization(), "Bearer a");
}

TEST(ReadToken, Form) {
  const StatusOr<Token> token =
      Read("access_token=a%20b&token_type=MAC&expires_in=soon", "text/plain; charset=utf-8");
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->Authorization(), "MAC a b");
  EXPECT_EQ(token->expires, std::nullopt);
  EXPECT_FALSE(Read("access_token=a&error=x", "application/x-www-form-urlencoded").ok());
}

TEST(ReadToken, Refused) {
  EXPECT_TRUE(Read(R"({"access_token":"a"})", "application/json", 201).ok());
  for (const int status : {199, 300, 302, 400, 401, 500})
    EXPECT_FALSE(Read(R"({"access_token":"a"})", "application/json", status).ok()) << status;
  for (const char* body :
       {"", "{", "[]", "null", "{}", R"({"access_token":""})", R"({"access_token":5})",
        R"({"access_token":"a","error":"x"})", R"({"access_token":"a","expires_in":"soon"})",
        R"({"access_token":"a","expires_in":3600.5})", R"({"access_token":"a","token_type":5})"})
    EXPECT_FALSE(Read(body).ok()) << body;
  WebAnswer cut{.status = 200, .body = R"({"access_token":"a"})", .cut = true};
  EXPECT_FALSE(ReadToken(cut, kNow).ok());
}

TEST(ReadToken, Expiry) {
  const auto expires = [](const std::string& value) {
    const StatusOr<Token> token = Read(R"({"access_token":"a","expires_in":)" + value + "}");
    return token.ok() ? token->expires : std::optional<std::int64_t>(-1);
  };
  EXPECT_EQ(expires("\"3600\""), kNow + 3600000);
  EXPECT_EQ(expires("0"), std::nullopt);
  EXPECT_EQ(expires("null"), std::nullopt);
  EXPECT_EQ(expires("-5"), kNow - 5000);
  EXPECT_EQ(expires("9999999999999"), kNow + 2147483647000);
  EXPECT_FALSE(Read(R"({"access_token":"a","expires_in":99999999999999999999})").ok());
}

TEST(TokenAuthorization, Types) {
  const auto said = [](std::string type) {
    Token token;
    token.access = "a";
    token.type = std::move(type);
    return token.Authorization();
  };
  EXPECT_EQ(said(""), "Bearer a");
  EXPECT_EQ(said("BEARER"), "Bearer a");
  EXPECT_EQ(said("mac"), "MAC a");
  EXPECT_EQ(said("basic"), "Basic a");
  EXPECT_EQ(said("Custom"), "Custom a");
}

class TokenSourceTest : public ::testing::Test {
 protected:
  void Configure(const std::string& url) {
    options_.name = "oidc";
    options_.client_id = "cl&ient";
    options_.client_secret = "s: c";
    options_.token_url = url;
    provider_ = Resolve(options_);
  }

  store::OAuth2Provider options_;
  Provider provider_;
  WebClient client_{Reach::kAnywhere};
  Budget budget_{std::chrono::steady_clock::now() + std::chrono::seconds(10), {}};
};

TEST_F(TokenSourceTest, FormCredentialsAfterBasicOnes) {
  const StubProvider stub([](const Asked& asked) -> Told {
    if (!asked.Header("Authorization").empty()) return {.status = 401, .body = "{}"};
    return {.body = R"({"access_token":"a","refresh_token":"r","expires_in":5})"};
  });
  Configure(stub.Url("/token"));
  TokenSource source(provider_, client_, budget_);
  const StatusOr<Token> token =
      source.Exchange({.code = "c", .code_verifier = "v", .redirect_url = "http://a/b"});
  ASSERT_TRUE(token.ok());
  ASSERT_TRUE(source.Fresh(*token).ok());
  const std::vector<Asked> asked = stub.asked();
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0].Header("Authorization"), "Basic Y2wlMjZpZW50OnMlM0ErYw==");
  EXPECT_EQ(asked[0].body,
            "code=c&code_verifier=v&grant_type=authorization_code&redirect_uri=http%3A%2F%2Fa%2Fb");
  EXPECT_EQ(asked[1].body,
            "client_id=cl%26ient&client_secret=s%3A+c&code=c&code_verifier=v&"
            "grant_type=authorization_code&redirect_uri=http%3A%2F%2Fa%2Fb");
  EXPECT_EQ(asked[2].body,
            "client_id=cl%26ient&client_secret=s%3A+c&grant_type=refresh_token&refresh_token=r");
}

TEST_F(TokenSourceTest, FreshTokensStay) {
  Configure("http://127.0.0.1:1/");
  TokenSource source(provider_, client_, budget_);
  Token token;
  token.access = "a";
  EXPECT_TRUE(source.Fresh(token).ok());
  token.expires = NowMillis() + 60000;
  EXPECT_TRUE(source.Fresh(token).ok());
  token.expires = NowMillis() + 9000;
  EXPECT_FALSE(source.Fresh(token).ok());
}

// Credentials in a form would go wherever a redirect says.
TEST_F(TokenSourceTest, NoRedirects) {
  const StubProvider other(
      [](const Asked&) -> Told { return {.body = R"({"access_token":"a"})"}; });
  const StubProvider stub([&](const Asked&) -> Told {
    return {.status = 307, .headers = "Location: " + other.Url("/token") + "\r\n"};
  });
  Configure(stub.Url("/token"));
  TokenSource source(provider_, client_, budget_);
  EXPECT_FALSE(source.Exchange({.code = "c"}).ok());
  EXPECT_EQ(stub.asked().size(), 2U);
  EXPECT_TRUE(other.asked().empty());
}

}  // namespace
}  // namespace sluice::oauth2
