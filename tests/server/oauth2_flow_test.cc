// Logins by another provider, through the whole server (A-79 to A-96, A-145,
// A-146). The recorded flows say more; here is what must never break.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "gtest/gtest.h"

#include "tests/server/login_app.h"
#include "tests/server/oauth2_provider.h"

namespace sluice {
namespace {

using oauth2::Asked;
using oauth2::StubProvider;
using oauth2::Told;

constexpr std::string_view kLogin = "/api/collections/users/auth-with-oauth2";

// The stub takes every code, and answers userinfo with `user_`.
class OAuth2FlowTest : public LoginAppTest {
 protected:
  void SetUp() override {
    provider_ = std::make_unique<StubProvider>([this](const Asked& asked) -> Told {
      if (asked.path == "/token") return token_;
      return {.status = user_status_, .body = boost::json::serialize(user_)};
    });
    Start();
    Configure({});
  }

  // One OpenID provider of `users`; `more` are options of OAuth2 beside it.
  void Configure(boost::json::object more) {
    boost::json::object oauth2 = {{"enabled", true},
                                  {"providers",
                                   {{{"name", "oidc"},
                                     {"clientId", "client"},
                                     {"clientSecret", "secret"},
                                     {"authURL", provider_->Url("/auth")},
                                     {"tokenURL", provider_->Url("/token")},
                                     {"userInfoURL", provider_->Url("/me")}}}}};
    for (auto& member : more) oauth2[member.key()] = member.value();
    ChangeUsers({{"oauth2", std::move(oauth2)}});
  }

  void ChangeUsers(const boost::json::object& options) {
    const LoginAnswer answer =
        Send("PATCH", "/api/collections/users", boost::json::serialize(options), Superuser());
    ASSERT_EQ(answer.status, 200) << answer.body;
  }

  LoginAnswer LogIn(boost::json::object more = {}, std::string_view authorization = {}) {
    boost::json::object body = {{"provider", "oidc"}, {"code", "c"}, {"codeVerifier", "v"}};
    for (auto& member : more) body[member.key()] = member.value();
    return Post(kLogin, boost::json::serialize(body), authorization);
  }

  static boost::json::value Parse(const LoginAnswer& answer) {
    boost::system::error_code error;
    return boost::json::parse(answer.body, error);
  }

  std::string Links() const {
    return TextOf(
        "SELECT coalesce(group_concat(recordRef || ':' || providerId), '') FROM (SELECT "
        "* FROM _externalAuths ORDER BY rowid)");
  }

  boost::json::object user_ = {
      {"sub", "s1"}, {"name", "Olga"}, {"email", "olga@example.com"}, {"email_verified", true}};
  int user_status_ = 200;
  Told token_ = {.body = R"({"access_token":"a","refresh_token":"r","expires_in":3600})"};
  std::unique_ptr<StubProvider> provider_;
};

TEST_F(OAuth2FlowTest, SignUpThenLogIn) {
  const LoginAnswer first = LogIn();
  ASSERT_EQ(first.status, 200) << first.body;
  const boost::json::value answer = Parse(first);
  EXPECT_EQ(answer.at("meta").at("isNew"), true);
  EXPECT_EQ(answer.at("meta").at("id"), "s1");
  EXPECT_EQ(answer.at("meta").at("accessToken"), "a");
  EXPECT_EQ(answer.at("record").at("email"), "olga@example.com");
  EXPECT_EQ(answer.at("record").at("verified"), true);
  EXPECT_EQ(answer.at("record").at("name"), "Olga");
  const std::string id(answer.at("record").at("id").as_string());
  EXPECT_EQ(Links(), id + ":s1");
  // The address is somebody else's by now; the link still counts.
  user_["email"] = "user1@example.com";
  const boost::json::value second = Parse(LogIn());
  EXPECT_EQ(second.at("meta").at("isNew"), false);
  EXPECT_EQ(second.at("record").at("id"), answer.at("record").at("id"));
  EXPECT_EQ(
      Post("/api/collections/users/auth-refresh", "", std::string(second.at("token").as_string()))
          .status,
      200);
}

TEST_F(OAuth2FlowTest, FailuresOfTheProvider) {
  token_ = {.status = 500, .body = "{}"};
  EXPECT_EQ(LogIn().body,
            "{\"data\":{},\"message\":\"Failed to fetch OAuth2 token.\",\"status\":400}\n");
  token_ = {.body = R"({"access_token":"a"})"};
  user_status_ = 500;
  EXPECT_EQ(LogIn().body,
            "{\"data\":{},\"message\":\"Failed to fetch OAuth2 user.\",\"status\":400}\n");
  user_status_ = 200;
  user_.erase("sub");
  const LoginAnswer anonymous = LogIn();
  EXPECT_EQ(anonymous.status, 400);
  EXPECT_NE(anonymous.body.find("\"providerId\":{\"code\":\"validation_required\""),
            std::string::npos);
  EXPECT_NE(anonymous.body.find("Failed to authenticate."), std::string::npos);
  // Nothing was kept.
  EXPECT_EQ(TextOf("SELECT count(*) FROM users WHERE email = 'olga@example.com'"), "0");
  EXPECT_EQ(Links(), "");
}

// A-145: who registered the address first is out, with password, sessions and
// links of their own.
TEST_F(OAuth2FlowTest, UnverifiedAccountsAreTakenOver) {
  Change("UPDATE users SET verified = 0 WHERE id = 'user00000000001'");
  Change(
      "INSERT INTO _externalAuths (id, collectionRef, recordRef, provider, providerId, created, "
      "updated) VALUES ('evil00000000000', '_pb_users_auth_', 'user00000000001', 'google', "
      "'evil', '', '')");
  const std::string session = TokenOf("users", "user00000000001", "auth");
  const std::string hash = TextOf("SELECT password FROM users WHERE id = 'user00000000001'");
  ASSERT_EQ(Post("/api/collections/users/auth-refresh", "", session).status, 200);
  user_["email"] = "user1@example.com";
  const boost::json::value answer = Parse(LogIn());
  EXPECT_EQ(answer.at("record").at("id"), "user00000000001");
  EXPECT_EQ(answer.at("record").at("verified"), true);
  EXPECT_EQ(Links(), "user00000000001:s1");
  EXPECT_NE(TextOf("SELECT password FROM users WHERE id = 'user00000000001'"), hash);
  EXPECT_EQ(Post("/api/collections/users/auth-refresh", "", session).status, 401);
}

// A-88: also where the account stays unverified, its address being another.
TEST_F(OAuth2FlowTest, UnverifiedCallersLoseOlderLinks) {
  Change("UPDATE users SET verified = 0 WHERE id = 'user00000000002'");
  Change(
      "INSERT INTO _externalAuths (id, collectionRef, recordRef, provider, providerId, created, "
      "updated) VALUES ('evil00000000000', '_pb_users_auth_', 'user00000000002', 'google', "
      "'evil', '', '')");
  user_["email"] = "elsewhere@example.com";
  const boost::json::value answer = Parse(LogIn({}, TokenOf("users", "user00000000002", "auth")));
  EXPECT_EQ(answer.at("record").at("verified"), false);
  EXPECT_EQ(Links(), "user00000000002:s1");
}

TEST_F(OAuth2FlowTest, VerifiedAccountsStayAsTheyAre) {
  Change("UPDATE users SET verified = 1 WHERE id = 'user00000000001'");
  const std::string session = TokenOf("users", "user00000000001", "auth");
  const std::string hash = TextOf("SELECT password FROM users WHERE id = 'user00000000001'");
  user_["email"] = "user1@example.com";
  EXPECT_EQ(Parse(LogIn()).at("record").at("id"), "user00000000001");
  EXPECT_EQ(TextOf("SELECT password FROM users WHERE id = 'user00000000001'"), hash);
  EXPECT_EQ(Post("/api/collections/users/auth-refresh", "", session).status, 200);
}

// A-146.
TEST_F(OAuth2FlowTest, UnverifiedAddressesLinkNothing) {
  user_["email"] = "user1@example.com";
  for (const boost::json::value& verified :
       {boost::json::value(false), boost::json::value("no"), boost::json::value(nullptr)}) {
    user_["email_verified"] = verified;
    const LoginAnswer answer = LogIn();
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_EQ(Links(), "");
  }
}

TEST_F(OAuth2FlowTest, LinkedWhileLoggedIn) {
  user_["email"] = "elsewhere@example.com";
  const boost::json::value answer = Parse(LogIn({}, TokenOf("users", "user00000000002", "auth")));
  EXPECT_EQ(answer.at("record").at("id"), "user00000000002");
  EXPECT_EQ(Links(), "user00000000002:s1");
  // A second account of the provider is one too many (A-89).
  user_["sub"] = "s2";
  const LoginAnswer second = LogIn({}, TokenOf("users", "user00000000002", "auth"));
  EXPECT_EQ(second.status, 400);
  EXPECT_NE(second.body.find("\"provider\":{\"code\":\"validation_not_unique\""),
            std::string::npos);
}

TEST_F(OAuth2FlowTest, RulesOfSignUp) {
  EXPECT_EQ(LogIn({{"createData", {{"verified", true}}}}).status, 400);
  EXPECT_EQ(LogIn({{"createData", {{"password", "short"}, {"passwordConfirm", "short"}}}}).status,
            400);
  ChangeUsers({{"createRule", nullptr}});
  EXPECT_EQ(LogIn().status, 403);
  ChangeUsers({{"createRule", "@request.context = 'oauth2' && @request.body.name = 'Olga'"}});
  EXPECT_EQ(LogIn({{"createData", {{"name", "Eve"}}}}).status, 400);
  EXPECT_EQ(LogIn().status, 200);
}

// The provider's picture is on loopback: it is left out, and never asked for.
TEST_F(OAuth2FlowTest, PicturesOfPrivatePlaces) {
  Configure({{"mappedFields", {{"avatarURL", "avatar"}}}});
  user_["picture"] = provider_->Url("/picture.png");
  const boost::json::value answer = Parse(LogIn());
  EXPECT_EQ(answer.at("record").at("avatar"), "");
  for (const Asked& asked : provider_->asked()) EXPECT_NE(asked.path, "/picture.png");
}

TEST_F(OAuth2FlowTest, OptionsThatChangeMeanwhile) {
  provider_ = std::make_unique<StubProvider>([this](const Asked& asked) -> Told {
    if (asked.path == "/token") return token_;
    ChangeUsers({{"oauth2", {{"enabled", false}}}});
    return {.body = boost::json::serialize(user_)};
  });
  Configure({});
  EXPECT_EQ(LogIn().status, 403);
  EXPECT_EQ(Links(), "");
}

TEST_F(OAuth2FlowTest, ManyAtOnceMakeOneRecord) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      if (LogIn().status == 200) ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8);
  EXPECT_EQ(TextOf("SELECT count(*) FROM users WHERE email = 'olga@example.com'"), "1");
  EXPECT_EQ(TextOf("SELECT count(*) FROM _externalAuths"), "1");
}

TEST_F(OAuth2FlowTest, AServerThatEndsWaitsForNobody) {
  std::atomic<bool> asked = false;
  std::atomic<bool> over = false;
  provider_ = std::make_unique<StubProvider>([&](const Asked&) -> Told {
    asked = true;
    while (!over) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  });
  Configure({});
  std::thread client([this] { (void)LogIn(); });
  while (!asked) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto begin = std::chrono::steady_clock::now();
  App* const app = app_.get();
  app->Stop();
  app_.reset();
  // Logins give up by themselves after 30 s (A-81).
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  over = true;
  client.join();
  provider_.reset();  // its thread looks at what is ours
}

}  // namespace
}  // namespace sluice
