// The small parts of logins, each alone.
#include <atomic>
#include <future>
#include <string>

#include "boost/json/parse.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "openssl/bio.h"
#include "openssl/ecdsa.h"
#include "openssl/evp.h"
#include "openssl/pem.h"

#include "tools/server/auth/apple_secret.h"
#include "tools/server/auth/fingerprint.h"
#include "tools/server/auth/password_hash.h"
#include "tools/server/auth/random_password.h"
#include "tools/server/auth/token.h"
#include "tools/server/http/api_error.h"
#include "tools/server/login/form.h"
#include "tools/server/login/hash_pool.h"
#include "tools/server/login/methods.h"
#include "tools/server/login/sessions.h"
#include "tools/server/login/throttle.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

http::Request WithBody(std::string type, std::string body) {
  http::Request request;
  request.method = "POST";
  if (!type.empty()) request.headers.Add("Content-Type", type);
  request.has_body = !body.empty();
  request.body = std::move(body);
  return request;
}

// ---- forms (A-7, A-9) ----

TEST(LoginForm, ReadsTextsAsThePeerDoes) {
  struct Case {
    std::string type;
    std::string body;
    std::string text;  // of `key`
  };
  const std::string json = "application/json";
  const std::string form = "application/x-www-form-urlencoded";
  const Case cases[] = {
      {json, R"({"key":"x"})", "x"},
      {json, R"({"KEY":"x"})", "x"},
      {json, R"({"key":null})", ""},
      {json, R"({"other":1})", ""},
      {json, R"({"key":"x","key":null})", "x"},
      {json, R"({"key":"x","Key":"y"})", "y"},
      {json, R"({"a":{"key":"}"},"b":["]\""],"c":"\",","key" : "x" })", "x"},
      {json, " \n{\"key\":\"x\"}", "x"},
      {json, "{}", ""},
      {json, "null", ""},
      {json, R"({"key":"x"}zzz)", "x"},
      {form, "key=12345678", "12345678"},
      {form, "key=true", "true"},
      {form, "key=1.5", "1.5"},
      {form, "KEY=x", ""},
      {form, "key=a&key=b", "a"},
      {form, "key=007", "007"},
  };
  for (const Case& one : cases) {
    const auto read = login::Form::Read(WithBody(one.type, one.body));
    ASSERT_TRUE(read.ok()) << one.body;
    const auto text = read->Text("key");
    ASSERT_TRUE(text.ok()) << one.body;
    EXPECT_EQ(*text, one.text) << one.body;
  }
}

TEST(LoginForm, OtherKindsAreLoadErrors) {
  for (const char* body : {R"({"key":1})", R"({"key":["x"]})", R"({"key":{}})", R"({"key":true})",
                           R"({"key":1,"key":"x"})"}) {
    const auto read = login::Form::Read(WithBody("application/json", body));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->Text("key").status(), login::LoadError()) << body;
  }
  for (const char* body : {R"({"key":"5"})", R"({"key":1.5})", R"({"key":1e30})"}) {
    const auto read = login::Form::Read(WithBody("application/json", body));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->Integer("key").status(), login::LoadError()) << body;
  }
}

TEST(LoginForm, ABodyThatCannotBeReadSaysWhich) {
  EXPECT_EQ(login::Form::Read(WithBody("application/json", "{\"a")).status(), login::LoadError());
  EXPECT_THAT(http::ErrorResponse(login::Form::Read(WithBody("text/plain", "x")).status()).body,
              HasSubstr("Unsupported Content-Type."));
}

TEST(LoginMistakes, TheFirstForEachKeyCounts) {
  login::Mistakes mistakes;
  mistakes.Required("a", "");
  mistakes.Email("a", "x");
  mistakes.Length("b", "12345", 1, 4);
  mistakes.Length("c", "", 1, 4);
  mistakes.ExactLength("d", "12", 3);
  const std::string body = http::ErrorResponse(mistakes.ToStatus()).body;
  EXPECT_EQ(
      body,
      R"({"data":{"a":{"code":"validation_required","message":"Cannot be blank."},)"
      R"("b":{"code":"validation_length_out_of_range","message":"The length must be between 1 and 4.","params":{"max":4,"min":1}},)"
      R"("d":{"code":"validation_length_invalid","message":"The length must be exactly 3.","params":{"max":3,"min":3}}},)"
      R"("message":"An error occurred while validating the submitted data.","status":400})"
      "\n");
}

TEST(SaveError, ReplacesTheMessageAndKeepsTheRest) {
  const Status status = http::MakeStatus(
      {.status = 400,
       .message = "Failed to update record.",
       .data = {{.key = "password", .code = "c", .message = "Failed to update record."}}});
  EXPECT_EQ(login::SaveError(status, "Failed to set new password.").body,
            R"({"data":{"password":{"code":"c","message":"Failed to update record."}},)"
            R"("message":"Failed to set new password.","status":400})"
            "\n");
  EXPECT_EQ(login::SaveError(absl::UnavailableError("x"), "y").status, 503);
}

// ---- threads and throttles ----

TEST(HashPool, RunsAndRefuses) {
  login::HashPool pool({.threads = 1, .queue_max = 2});
  std::promise<void> go;
  std::promise<void> begun;
  ASSERT_TRUE(pool.Submit([&] {
    begun.set_value();
    go.get_future().wait();
  }));
  begun.get_future().wait();
  std::promise<void> done;
  EXPECT_TRUE(pool.Submit([] {}));
  EXPECT_TRUE(pool.Submit([&] { done.set_value(); }));
  EXPECT_FALSE(pool.Submit([] {}));
  go.set_value();
  done.get_future().wait();
  pool.Stop();
  EXPECT_FALSE(pool.Submit([] {}));
}

TEST(Throttle, PausesEachKeyForTwoMinutes) {
  login::Throttle throttle;
  EXPECT_TRUE(throttle.Start("a", 1000));
  EXPECT_FALSE(throttle.Start("a", 120999));
  EXPECT_TRUE(throttle.Start("b", 1000));
  EXPECT_TRUE(throttle.Start("a", 121000));
  throttle.Clear("a");
  EXPECT_TRUE(throttle.Start("a", 121001));
}

TEST(Throttle, ForgetsWhatIsOver) {
  login::Throttle throttle;
  for (int i = 0; i < 20000; ++i)
    EXPECT_TRUE(throttle.Start(std::to_string(i), i * std::int64_t{1000}));
}

TEST(IsExpired, ComparesWithTheDuration) {
  const std::int64_t now = 1700000000000;  // 2023-11-14 22:13:20
  EXPECT_FALSE(login::IsExpired("2023-11-14 22:13:20.000Z", 10, now));
  EXPECT_FALSE(login::IsExpired("2023-11-14 22:13:10.000Z", 10, now));
  EXPECT_TRUE(login::IsExpired("2023-11-14 22:13:09.999Z", 10, now));
  EXPECT_TRUE(login::IsExpired("", 10, now));
}

// ---- texts ----

TEST(Fingerprint, IsTheMd5OfAddressAndAgent) {
  // Recorded: the agent `first` from 127.0.0.1 and its kin.
  EXPECT_EQ(auth::Fingerprint("", ""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(auth::Fingerprint("a", "bc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(auth::Fingerprint("127.0.0.1", "first"), "d3c19032d8f77835a0f266c83081bff7");
}

TEST(RandomPassword, IsAHashThatCostsAsMuch) {
  const std::string hash = auth::RandomPasswordHash(4);
  EXPECT_EQ(hash.size(), 60U);
  EXPECT_TRUE(hash.starts_with("$2a$04$"));
  EXPECT_NE(hash, auth::RandomPasswordHash(4));
  EXPECT_FALSE(auth::VerifyPassword("", hash));
  // libcrypt takes the salt, so checking is not refused early.
  const auto real = auth::HashPassword("x", 4);
  ASSERT_TRUE(real.ok());
  EXPECT_EQ(real->size(), hash.size());
}

TEST(Methods, WithoutProviders) {
  store::AuthOptions options;
  options.password_enabled = true;
  options.identity_fields = {"username", "email"};
  options.mfa_duration = 600;
  options.otp_enabled = true;
  options.otp_duration = 180;
  EXPECT_EQ(login::MethodsJson(options, {}),
            R"({"password":{"identityFields":["username","email"],"enabled":true},)"
            R"("oauth2":{"providers":[],"enabled":false},"mfa":{"enabled":false,"duration":0},)"
            R"("otp":{"enabled":true,"duration":180},"authProviders":null,)"
            R"("usernamePassword":true,"emailPassword":true})"
            "\n");
}

TEST(Methods, ProvidersComeTwice) {
  store::AuthOptions options;
  options.oauth2_enabled = true;
  const std::string text = login::MethodsJson(
      options, {{"oidc", "My <OIDC>", "<svg>", "s", "http://a?x=1&y", "v", "c", "S256"}});
  EXPECT_THAT(
      text,
      HasSubstr(R"({"name":"oidc","displayName":"My \u003cOIDC\u003e","logo":"\u003csvg\u003e",)"
                R"("state":"s","authURL":"http://a?x=1\u0026y","authUrl":"http://a?x=1\u0026y",)"
                R"("codeVerifier":"v","codeChallenge":"c","codeChallengeMethod":"S256"})"));
  EXPECT_THAT(
      text,
      HasSubstr(
          R"("authProviders":[{"name":"oidc","displayName":"My \u003cOIDC\u003e","logo":"",)"));
}

// ---- Apple's client secret (A-102) ----

std::string NewKey(const char* curve) {
  EVP_PKEY* key = EVP_EC_gen(curve);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

TEST(AppleSecret, SaysWhoAndForHowLong) {
  const auto token = auth::MakeAppleSecret({"client", "team", "key", NewKey("P-256"), 100}, 1000);
  ASSERT_TRUE(token.ok()) << token.status();
  const auto claims = auth::UnverifiedClaims(*token);
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->at("iss"), "team");
  EXPECT_EQ(claims->at("sub"), "client");
  EXPECT_EQ(claims->at("aud"), boost::json::parse(R"(["https://appleid.apple.com"])"));
  EXPECT_EQ(claims->at("iat").to_number<int>(), 1000);
  EXPECT_EQ(claims->at("exp").to_number<int>(), 1100);
  EXPECT_TRUE(token->starts_with(auth::Base64Url(R"({"alg":"ES256","kid":"key","typ":"JWT"})")));
  // Two numbers of 32 bytes are 86 digits.
  EXPECT_EQ(token->size() - token->rfind('.') - 1, 86U);
}

TEST(AppleSecret, RefusesOtherKeys) {
  for (const std::string& pem :
       {NewKey("P-384"),
        std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
        std::string("x"), std::string()}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        auth::MakeAppleSecret({"client", "team", "key", pem, 100}, 1000).status()));
  }
}

}  // namespace
}  // namespace sluice
