// Identity tokens: the vectors of RFC 7515 A.2 and RFC 8037 A.4, and what must
// be refused (A-123, A-124).
#include <string>
#include <string_view>

#include "boost/json/parse.hpp"
#include "gtest/gtest.h"

#include "tools/server/auth/token.h"
#include "tools/server/oauth2/id_token.h"

namespace sluice::oauth2 {
namespace {

constexpr std::string_view kRsaToken =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    "."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQ"
    "BMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igc"
    "N_IoypGlUPQGe77Rw";
constexpr std::string_view kRsaModulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
    "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
    "pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-"
    "KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-"
    "DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr std::string_view kEdToken =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_"
    "MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
constexpr std::string_view kEdPoint = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
// Before the RSA token ends.
constexpr double kThen = 1300819000;

// The parts of a token, whatever its payload is; the RFCs name no keys.
IdToken Parts(std::string_view text, std::string_view algorithm, std::string_view kid) {
  IdToken token;
  const std::size_t at = text.rfind('.');
  token.header["alg"] = algorithm;
  token.header["kid"] = kid;
  token.signed_part = std::string(text.substr(0, at));
  token.signature = auth::FromBase64Url(text.substr(at + 1)).value_or("");
  return token;
}

boost::json::object RsaKey(std::string_view alg = "RS256") {
  return {{"kty", "RSA"}, {"kid", "r"}, {"alg", alg}, {"n", kRsaModulus}, {"e", "AQAB"}};
}
boost::json::object EdKey() {
  return {{"kty", "OKP"}, {"kid", "e"}, {"alg", "EdDSA"}, {"crv", "Ed25519"}, {"x", kEdPoint}};
}
boost::json::value Set(boost::json::array keys) {
  return boost::json::object{{"keys", std::move(keys)}};
}

std::string Unsigned(std::string_view header, std::string_view claims) {
  return auth::Base64Url(header) + "." + auth::Base64Url(claims) + ".";
}

TEST(IdTokenSignature, VectorsOfTheRfcs) {
  const boost::json::value keys = Set({RsaKey(), EdKey()});
  EXPECT_TRUE(CheckSignature(Parts(kRsaToken, "RS256", "r"), keys, kThen).ok());
  EXPECT_TRUE(CheckSignature(Parts(kEdToken, "EdDSA", "e"), keys, kThen).ok());
}

TEST(IdTokenSignature, ChangedTokensAreRefused) {
  const boost::json::value keys = Set({RsaKey(), EdKey()});
  for (const auto& [text, alg, kid] :
       {std::tuple(kRsaToken, "RS256", "r"), std::tuple(kEdToken, "EdDSA", "e")}) {
    IdToken token = Parts(text, alg, kid);
    token.signed_part.back() ^= 1;
    EXPECT_FALSE(CheckSignature(token, keys, kThen).ok()) << alg;
    token = Parts(text, alg, kid);
    token.signature.back() ^= 1;
    EXPECT_FALSE(CheckSignature(token, keys, kThen).ok()) << alg;
    token.signature.clear();
    EXPECT_FALSE(CheckSignature(token, keys, kThen).ok()) << alg;
  }
}

TEST(IdTokenSignature, KeyAndAlgorithmFit) {
  const auto good = [](const boost::json::value& keys, std::string_view alg, std::string_view kid) {
    return CheckSignature(Parts(kRsaToken, alg, kid), keys, kThen).ok();
  };
  EXPECT_TRUE(good(Set({RsaKey()}), "RS256", "r"));
  EXPECT_FALSE(good(Set({RsaKey()}), "RS256", "other"));
  EXPECT_FALSE(good(Set({RsaKey()}), "RS256", ""));
  EXPECT_FALSE(good(Set({RsaKey()}), "RS512", "r"));
  EXPECT_FALSE(good(Set({RsaKey("RS512")}), "RS512", "r"));
  EXPECT_FALSE(good(Set({RsaKey("PS256")}), "PS256", "r"));
  EXPECT_FALSE(good(Set({RsaKey("none")}), "none", "r"));
  // The key is public: nobody may use it as a shared secret.
  EXPECT_FALSE(good(Set({RsaKey("HS256")}), "HS256", "r"));
  EXPECT_FALSE(good(Set({EdKey()}), "EdDSA", "e"));
  EXPECT_FALSE(good(Set({}), "RS256", "r"));
  EXPECT_FALSE(good(boost::json::value(nullptr), "RS256", "r"));
  EXPECT_FALSE(good(boost::json::object{{"keys", "r"}}, "RS256", "r"));
}

// The first with that kid and an alg (A-123).
TEST(IdTokenSignature, KeysWithoutAlgorithmArePassedOver) {
  boost::json::object silent = RsaKey();
  silent.erase("alg");
  EXPECT_FALSE(CheckSignature(Parts(kRsaToken, "RS256", "r"), Set({silent}), kThen).ok());
  EXPECT_TRUE(CheckSignature(Parts(kRsaToken, "RS256", "r"), Set({silent, RsaKey()}), kThen).ok());
}

TEST(IdTokenSignature, BrokenKeys) {
  for (const char* broken : {R"({"kty":"RSA","kid":"r","alg":"RS256"})",
                             R"({"kty":"RSA","kid":"r","alg":"RS256","n":"AQAB","e":"AQAB"})",
                             R"({"kty":"RSA","kid":"r","alg":"RS256","n":"===","e":"AQAB"})",
                             R"({"kty":"OKP","kid":"r","alg":"RS256","n":"AQAB","e":"AQAB"})",
                             R"({"kty":"OKP","kid":"r","alg":"EdDSA","crv":"Ed25519","x":"AQAB"})",
                             R"({"kty":"OKP","kid":"r","alg":"EdDSA","crv":"Ed448","x":"AQAB"})"}) {
    const boost::json::value key = boost::json::parse(broken);
    const std::string alg(key.at("alg").as_string());
    EXPECT_FALSE(CheckSignature(Parts(kRsaToken, alg, "r"), Set({key}), kThen).ok()) << broken;
  }
}

TEST(IdTokenSignature, NoLeeway) {
  const StatusOr<IdToken> token = ParseIdToken(kRsaToken);
  ASSERT_TRUE(token.ok());
  IdToken named = *token;
  named.header["kid"] = "r";
  EXPECT_TRUE(CheckSignature(named, Set({RsaKey()}), 1300819379).ok());
  EXPECT_FALSE(CheckSignature(named, Set({RsaKey()}), 1300819380).ok());
  EXPECT_TRUE(CheckTimes(named.claims, 1300819380 + 299, 300).ok());
  EXPECT_FALSE(CheckTimes(named.claims, 1300819380 + 300, 300).ok());
}

TEST(IdTokenClaims, Times) {
  const boost::json::object claims = {{"nbf", 1000}, {"iat", 2000}};
  EXPECT_TRUE(CheckTimes(claims, 1700, 300).ok());
  EXPECT_FALSE(CheckTimes(claims, 1699, 300).ok());
  EXPECT_FALSE(CheckTimes({{"nbf", 1000}}, 699, 300).ok());
  EXPECT_TRUE(CheckTimes({}, 0, 0).ok());
}

TEST(IdTokenClaims, Audience) {
  EXPECT_TRUE(CheckAudience({{"aud", "me"}}, "me").ok());
  EXPECT_TRUE(CheckAudience({{"aud", {"other", "me"}}}, "me").ok());
  EXPECT_FALSE(CheckAudience({{"aud", "other"}}, "me").ok());
  EXPECT_FALSE(CheckAudience({{"aud", {"other", 5}}}, "me").ok());
  EXPECT_FALSE(CheckAudience({{"aud", ""}}, "").ok());
  EXPECT_FALSE(CheckAudience({}, "me").ok());
}

TEST(IdTokenClaims, Issuer) {
  EXPECT_TRUE(CheckIssuer({{"iss", "b"}}, {"a", "b"}).ok());
  EXPECT_FALSE(CheckIssuer({{"iss", "B"}}, {"a", "b"}).ok());
  EXPECT_FALSE(CheckIssuer({}, {"a", ""}).ok());
}

TEST(IdTokenText, WhatIsNoToken) {
  constexpr std::string_view kHeader = R"({"alg":"RS256"})";
  EXPECT_TRUE(ParseIdToken(Unsigned(kHeader, "{}")).ok());
  EXPECT_TRUE(ParseIdToken(Unsigned(R"({"alg":"none"})", "{}")).ok());
  EXPECT_FALSE(ParseIdToken(Unsigned(R"({"alg":"XS256"})", "{}")).ok());
  EXPECT_FALSE(ParseIdToken(Unsigned("{}", "{}")).ok());
  EXPECT_FALSE(ParseIdToken(Unsigned(kHeader, "[]")).ok());
  EXPECT_FALSE(ParseIdToken(Unsigned(kHeader, "{")).ok());
  EXPECT_FALSE(ParseIdToken(Unsigned(kHeader, R"({"exp":"soon"})")).ok());
  EXPECT_FALSE(ParseIdToken(Unsigned(kHeader, "{}") + ".").ok());
  for (const char* text : {"", ".", "..", "a.b.c", "a.b", "....."})
    EXPECT_FALSE(ParseIdToken(text).ok()) << text;
  EXPECT_FALSE(ParseIdToken(Unsigned(kHeader, "{}") + std::string(70000, 'A')).ok());
}

}  // namespace
}  // namespace sluice::oauth2
