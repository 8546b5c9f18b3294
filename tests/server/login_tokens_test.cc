// Every kind of token at every place that takes one, good and bad ones (A-22 to
// A-31, A-141): only the kind that belongs there opens it, and only untouched.
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/login_app.h"

namespace sluice {
namespace {

constexpr char kId[] = "user00000000003";
constexpr char kUsers[] = "/api/collections/users/";

// One way to spoil a token of a type; makes it from its claims and its key.
struct Spoiling {
  std::string name;
  bool good;
  std::function<std::string(boost::json::object claims, const std::string& key)> make;
};

std::vector<Spoiling> Spoilings() {
  const auto with = [](std::string_view claim, boost::json::value value) {
    return [claim = std::string(claim), value](boost::json::object claims, const std::string& key) {
      claims[claim] = value;
      return SignAs("HS256", claims, key);
    };
  };
  const auto algorithm = [](const char* name) {
    return [name](const boost::json::object& claims, const std::string& key) {
      return SignAs(name, claims, key);
    };
  };
  return {
      {"good", true, algorithm("HS256")},
      {"expired", false, with("exp", 1000)},
      {"no expiry", true,
       [](boost::json::object claims, const std::string& key) {
         claims.erase("exp");
         return SignAs("HS256", claims, key);
       }},
      {"expiry is a text", false, with("exp", "4102444800")},
      {"issued in the future", false, with("iat", 4102444800)},
      {"not yet valid", false, with("nbf", 4102444800)},
      {"another record", false, with("id", "user00000000004")},
      {"no record", false, with("id", "")},
      {"a record's id with a NUL", false,
       with("id", boost::json::string("user00000000003\0x", 17))},
      {"another collection", false, with("collectionId", "c_staff")},
      {"a number as type", false, with("type", 5)},
      {"none", false, algorithm("none")},
      {"None", false, algorithm("None")},
      {"HS384", false, algorithm("HS384")},
      {"HS512", false, algorithm("HS512")},
      {"no key", false,
       [](const boost::json::object& claims, const std::string&) {
         return SignAs("HS256", claims, "");
       }},
      {"half the key", false,
       [](const boost::json::object& claims, const std::string& key) {
         return SignAs("HS256", claims, key.substr(0, 50));
       }},
      {"altered claims", false,
       [](const boost::json::object& claims, const std::string& key) {
         std::string token = SignAs("HS256", claims, key);
         token[token.find('.') + 5] ^= 1;
         return token;
       }},
      {"altered signature", false,
       [](const boost::json::object& claims, const std::string& key) {
         std::string token = SignAs("HS256", claims, key);
         token[token.rfind('.') + 5] = token[token.rfind('.') + 5] == 'A' ? 'B' : 'A';
         return token;
       }},
      {"no signature", false,
       [](const boost::json::object& claims, const std::string& key) {
         const std::string token = SignAs("HS256", claims, key);
         return token.substr(0, token.rfind('.') + 1);
       }},
      {"a fourth part", false,
       [](const boost::json::object& claims, const std::string& key) {
         return SignAs("HS256", claims, key) + ".x";
       }},
  };
}

// A place that takes tokens of one type.
struct Place {
  std::string name;
  std::string type;
  std::function<LoginAnswer(const std::string& token)> ask;
  std::function<bool(const LoginAnswer&)> opened;
};

class TokenMatrix : public LoginAppTest {
 protected:
  std::vector<Place> Places() const {
    const auto in_body = [this](std::string path, std::string more) {
      return [this, path, more](const std::string& token) {
        return Post(kUsers + path, "{\"token\":\"" + token + "\"" + more + "}");
      };
    };
    const auto is = [](int status) {
      return [status](const LoginAnswer& answer) { return answer.status == status; };
    };
    return {
        {"Authorization", "auth",
         [this](const std::string& token) { return Post("/api/files/token", "", token); }, is(200)},
        {"auth-refresh", "auth",
         [this](const std::string& token) {
           return Post(std::string(kUsers) + "auth-refresh", "", token);
         },
         is(200)},
        {"confirm-verification", "verification", in_body("confirm-verification", ""), is(204)},
        {"confirm-email-change", "emailChange",
         in_body("confirm-email-change", R"(,"password":"password-3")"), is(204)},
        {"confirm-password-reset", "passwordReset",
         in_body("confirm-password-reset",
                 R"(,"password":"password-3","passwordConfirm":"password-3")"),
         is(204)},
    };
  }
};

TEST_F(TokenMatrix, OnlyTheRightKindUntouchedOpens) {
  Start();
  for (const Place& place : Places()) {
    for (const char* type : {"auth", "file", "verification", "passwordReset", "emailChange"}) {
      for (const Spoiling& spoiling : Spoilings()) {
        const std::string token =
            spoiling.make(ClaimsOf("users", kId, type), KeyOf("users", kId, OptionOfType(type)));
        const LoginAnswer answer = place.ask(token);
        const bool should = spoiling.good && place.type == type;
        EXPECT_EQ(place.opened(answer), should)
            << place.name << ", " << type << ", " << spoiling.name << ": " << answer.status << " "
            << answer.body;
        EXPECT_LT(answer.status, 500);
        Change("UPDATE users SET email = 'user3@example.com' WHERE id = 'user00000000003'");
      }
    }
  }
}

// Signed with the secret of one type, saying to be of another.
TEST_F(TokenMatrix, ATypeNeedsItsOwnSecret) {
  Start();
  for (const Place& place : Places()) {
    for (const char* secret : {"auth", "file", "verification", "passwordReset", "emailChange"}) {
      if (place.type == secret) continue;
      const LoginAnswer answer = place.ask(SignAs("HS256", ClaimsOf("users", kId, place.type),
                                                  KeyOf("users", kId, OptionOfType(secret))));
      EXPECT_FALSE(place.opened(answer)) << place.name << " with the secret of " << secret;
    }
  }
}

// The other way round: a secret that was meant for several types, or is theirs by
// chance, opens for none but what the token says it is.
TEST_F(TokenMatrix, ASecretDoesNotMakeUpForTheType) {
  Start();
  for (const Place& place : Places()) {
    for (const char* type : {"auth", "file", "verification", "passwordReset", "emailChange", "x"}) {
      if (place.type == type) continue;
      boost::json::object claims = ClaimsOf("users", kId, place.type);
      claims["type"] = type;
      const LoginAnswer answer =
          place.ask(SignAs("HS256", claims, KeyOf("users", kId, OptionOfType(place.type))));
      EXPECT_FALSE(place.opened(answer)) << place.name << " with a token of type " << type;
    }
  }
}

TEST_F(TokenMatrix, ATokenOfAnotherCollectionIsToldApart) {
  Start();
  const std::string staff = "staff0000000001";
  struct Case {
    std::string path;
    std::string type;
    std::string more;
  };
  for (const Case& one :
       std::vector<Case>{{"confirm-verification", "verification", ""},
                         {"confirm-email-change", "emailChange", R"(,"password":"password-1")"},
                         {"confirm-password-reset", "passwordReset",
                          R"(,"password":"password-1","passwordConfirm":"password-1")"}}) {
    const LoginAnswer answer =
        Post(kUsers + one.path,
             "{\"token\":\"" + TokenOf("staff", staff, one.type) + "\"" + one.more + "}");
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body, ::testing::HasSubstr("validation_token_collection_mismatch"));
  }
  EXPECT_EQ(Post(std::string(kUsers) + "auth-refresh", "", TokenOf("staff", staff, "auth")).status,
            403);
}

}  // namespace
}  // namespace sluice
