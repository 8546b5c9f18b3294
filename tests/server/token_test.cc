// JWT reading, signing and time rules. The signed vectors were made with
// Python's hmac module; one is the example of RFC 7515, A.1.
#include "tools/server/auth/token.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

#include "tools/server/auth/known_tokens.h"

namespace sluice::auth {
namespace {

constexpr char kHeader[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
constexpr char kPayload[] = "{\"id\":\"r\",\"collectionId\":\"c\",\"type\":\"auth\"}";
constexpr char kUserToken[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJjb2xsZWN0aW9uSWQiOiJjX3VzZXJzIiwiZXhwIjoyMDAwMDAwMDAwLCJpZCI6InVzZXIwMDAwMDAwMDAwMSIsInJlZn"
    "Jlc2hhYmxlIjp0cnVlLCJ0eXBlIjoiYXV0aCJ9."
    "Ki68H4L63_E_iOjKz8Egn2lh27M-sNG45LAYG9Gs6t0";

std::string UserKey() { return std::string(50, 'k') + std::string(50, 's'); }

std::string Base64(std::string_view bytes) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 6) {
    unsigned digit = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      const unsigned byte = i / 8 < bytes.size() ? static_cast<unsigned char>(bytes[i / 8]) : 0U;
      digit = digit * 2 + (byte >> (7 - i % 8) & 1U);
    }
    out.push_back(kAlphabet[digit]);
  }
  return out;
}

// A token with a signature that is well-formed and wrong.
std::string Unsigned(std::string_view header, std::string_view payload) {
  return Base64(header) + "." + Base64(payload) + "." + std::string(43, 'A');
}

bool Parses(std::string_view header, std::string_view payload) {
  return ParseClaims(Unsigned(header, payload)).has_value();
}

std::string Payload(std::string_view more) {
  return R"({"id":"r","collectionId":"c","type":"auth",)" + std::string(more) + "}";
}

TEST(SignToken, KnownVectors) {
  EXPECT_EQ(SignToken({{"collectionId", "c_users"},
                       {"exp", 2000000000},
                       {"id", "user00000000001"},
                       {"refreshable", true},
                       {"type", "auth"}},
                      UserKey()),
            kUserToken);
  EXPECT_EQ(SignToken({{"collectionId", "c"},
                       {"email", "a&b@é.com"},
                       {"exp", 2000000000.0},
                       {"id", "x"},
                       {"type", "verification"}},
                      "key"),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJjb2xsZWN0aW9uSWQiOiJjIiwiZW1haWwiOiJhXHUwMDI2YkDDqS5jb20iLCJleHAiOjIwMDAwMDAwMDAsIm"
            "lkIjoieCIsInR5cGUiOiJ2ZXJpZmljYXRpb24ifQ."
            "SB2pL-OhRMObp56IbQ2RhKnmZi9RGvBra-PF8bTgNjQ");
}

TEST(VerifySignature, Rfc7515Example) {
  const unsigned char key[] = {3,   35,  53,  75,  43,  15,  165, 188, 131, 126, 6,   101, 119,
                               123, 166, 143, 90,  179, 40,  230, 240, 84,  201, 40,  169, 15,
                               132, 178, 210, 80,  46,  191, 211, 251, 90,  146, 210, 6,   71,
                               239, 150, 138, 180, 195, 119, 98,  61,  34,  61,  46,  33,  114,
                               5,   46,  79,  8,   192, 205, 154, 245, 103, 208, 128, 163};
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  EXPECT_TRUE(VerifySignature(token, {reinterpret_cast<const char*>(key), sizeof key}));
}

TEST(VerifySignature, EveryChangeIsSeen) {
  const std::string token = kUserToken;
  ASSERT_TRUE(VerifySignature(token, UserKey()));
  EXPECT_FALSE(VerifySignature(token, UserKey() + "x"));
  EXPECT_FALSE(VerifySignature(token, ""));
  EXPECT_FALSE(VerifySignature("", UserKey()));
  EXPECT_FALSE(VerifySignature("a.b", UserKey()));
  EXPECT_FALSE(VerifySignature(token + ".x", UserKey()));
  EXPECT_FALSE(VerifySignature(token + "=", UserKey()));
  EXPECT_FALSE(VerifySignature(token.substr(0, token.rfind('.') + 1), UserKey()));
  // The last character holds two bits that are not looked at; all others count.
  for (std::size_t i = 0; i + 1 < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(VerifySignature(changed, UserKey())) << i;
  }
  ASSERT_EQ(token.back(), '0');
  EXPECT_TRUE(VerifySignature(token.substr(0, token.size() - 1) + "3", UserKey()));
  EXPECT_FALSE(VerifySignature(token.substr(0, token.size() - 1) + "4", UserKey()));
}

TEST(ParseClaims, Fields) {
  const auto claims = ParseClaims(kUserToken);
  ASSERT_TRUE(claims.has_value());
  EXPECT_EQ(claims->id, "user00000000001");
  EXPECT_EQ(claims->collection_id, "c_users");
  EXPECT_EQ(claims->type, "auth");
  EXPECT_EQ(claims->expires, 2000000000.0);
  EXPECT_EQ(claims->not_before, std::nullopt);
  EXPECT_TRUE(claims->all.at("refreshable").as_bool());
}

TEST(ParseClaims, Algorithms) {
  EXPECT_TRUE(Parses(kHeader, kPayload));
  EXPECT_TRUE(Parses(R"({"alg":"HS256"})", kPayload));
  EXPECT_TRUE(Parses(R"({"typ":"x","alg":"none","kid":1,"alg":"HS256"})", kPayload));
  for (const char* header : {R"({"alg":"HS384"})", R"({"alg":"HS512"})", R"({"alg":"none"})",
                             R"({"alg":"RS256"})", R"({"alg":"hs256"})", R"({"alg":["HS256"]})",
                             R"({"typ":"JWT"})", "{}", "[]", "null", "", R"({"alg":"HS256"}x)"}) {
    EXPECT_FALSE(Parses(header, kPayload)) << header;
  }
}

TEST(ParseClaims, RequiredClaims) {
  for (const char* payload :
       {R"({"id":"r","collectionId":"c"})", R"({"id":"","collectionId":"c","type":"auth"})",
        R"({"id":1,"collectionId":"c","type":"auth"})", R"({"collectionId":"c","type":"auth"})",
        R"({"id":"r","collectionId":null,"type":"auth"})", "null", "[]", ""}) {
    EXPECT_FALSE(Parses(kHeader, payload)) << payload;
  }
  for (const char* more : {R"("exp":"1")", R"("exp":null)", R"("nbf":true)", R"("iat":[])"}) {
    EXPECT_FALSE(Parses(kHeader, Payload(more))) << more;
  }
}

TEST(ParseClaims, Shape) {
  const std::string good = Unsigned(kHeader, kPayload);
  EXPECT_TRUE(ParseClaims(good).has_value());
  EXPECT_FALSE(ParseClaims("").has_value());
  EXPECT_FALSE(ParseClaims("nonsense").has_value());
  EXPECT_FALSE(ParseClaims(good + ".x").has_value());
  EXPECT_FALSE(ParseClaims(good + "=").has_value());
  EXPECT_FALSE(ParseClaims(" " + good).has_value());
  EXPECT_FALSE(ParseClaims(good.substr(0, good.rfind('.'))).has_value());
  EXPECT_FALSE(ParseClaims(good + "A+").has_value());
  EXPECT_FALSE(ParseClaims(Unsigned(kHeader, std::string(70000, '['))).has_value());
}

TEST(HoldsAt, TimeRules) {
  const auto holds = [](std::string_view more, double now) {
    const auto claims = ParseClaims(Unsigned(kHeader, Payload(more)));
    return claims.has_value() && HoldsAt(*claims, now);
  };
  EXPECT_TRUE(holds(R"("exp":100)", 99.9));
  EXPECT_FALSE(holds(R"("exp":100)", 100));
  EXPECT_FALSE(holds(R"("exp":100.9)", 100.5));
  EXPECT_TRUE(holds(R"("exp":0)", 1e12));
  EXPECT_TRUE(holds(R"("x":0)", 1e12));
  EXPECT_FALSE(holds(R"("exp":-5)", 0));
  EXPECT_FALSE(holds(R"("nbf":100)", 99.9));
  EXPECT_TRUE(holds(R"("nbf":100.7)", 100));
  EXPECT_FALSE(holds(R"("iat":100)", 99));
  EXPECT_TRUE(holds(R"("iat":100,"nbf":100,"exp":101)", 100));
}

TEST(KnownTokens, HoldsWhatWasAddedLately) {
  KnownTokens known;
  EXPECT_EQ(known.Find("a"), nullptr);
  known.Add("a", {.id = "one"}, "key");
  ASSERT_NE(known.Find("a"), nullptr);
  EXPECT_EQ(known.Find("a")->claims.id, "one");
  EXPECT_EQ(known.Find("a")->key, "key");
  known.Add("a", {.id = "one"}, "other");
  EXPECT_EQ(known.Find("a")->key, "other");
}

TEST(KnownTokens, IsBounded) {
  KnownTokens known;
  known.Add(std::string(5000, 'a'), {}, "key");
  EXPECT_EQ(known.Find(std::string(5000, 'a')), nullptr);
  constexpr int kMany = 5000;
  for (int i = 0; i < kMany; ++i) known.Add(std::to_string(i), {}, "key");
  int found = 0;
  for (int i = 0; i < kMany; ++i) found += known.Find(std::to_string(i)) != nullptr ? 1 : 0;
  EXPECT_LE(found, 1024);
  EXPECT_NE(known.Find(std::to_string(kMany - 1)), nullptr);
}

TEST(TokenOf, Header) {
  EXPECT_EQ(TokenOf("abc"), "abc");
  EXPECT_EQ(TokenOf("Bearer abc"), "abc");
  EXPECT_EQ(TokenOf("bEARER abc"), "abc");
  EXPECT_EQ(TokenOf("Bearer "), "Bearer ");
  EXPECT_EQ(TokenOf("Bearer  abc"), " abc");
  EXPECT_EQ(TokenOf("Token abc"), "Token abc");
  EXPECT_EQ(TokenOf(""), "");
}

}  // namespace
}  // namespace sluice::auth
