// Documents of users, read by the table of providers (A-120 to A-122).
#include <string>
#include <string_view>

#include "gtest/gtest.h"

#include "tools/server/http/json_text.h"
#include "tools/server/oauth2/apple_names.h"
#include "tools/server/oauth2/document.h"
#include "tools/server/oauth2/user.h"

namespace sluice::oauth2 {
namespace {

boost::json::value Parse(std::string_view json) {
  const StatusOr<boost::json::value> parsed = ParseDocument(json);
  EXPECT_TRUE(parsed.ok()) << json;
  return parsed.ok() ? *parsed : boost::json::value();
}

// `id|name|username|email|avatar`, or `no`.
std::string Read(std::string_view provider, std::string_view document,
                 std::string_view token = "{}") {
  const ProviderSpec* spec = FindProvider(provider);
  if (spec == nullptr) return "no provider";
  const StatusOr<User> user = ReadUser(spec->user, Parse(document), Parse(token));
  if (!user.ok()) return "no";
  return user->id + "|" + user->name + "|" + user->username + "|" + user->email + "|" +
         user->avatar_url;
}

TEST(ReadUser, OpenId) {
  EXPECT_EQ(Read("oidc", R"({"sub":"1","name":"N","preferred_username":"u","picture":"p",
                             "email":"e","email_verified":true})"),
            "1|N|u|e|p");
  EXPECT_EQ(Read("oidc", R"({"sub":"1","email":"e"})"), "1||||");
  EXPECT_EQ(Read("oidc", R"({"sub":"1","email":"e","email_verified":"yes"})"), "1||||");
  EXPECT_EQ(Read("oidc", "null"), "||||");
  EXPECT_EQ(Read("oidc", "{}"), "||||");
}

// A-121: whatever it is that has the wrong type.
TEST(ReadUser, WrongTypes) {
  EXPECT_EQ(Read("oidc", R"({"sub":5})"), "no");
  EXPECT_EQ(Read("oidc", R"({"sub":"1","name":[]})"), "no");
  EXPECT_EQ(Read("oidc", R"({"sub":"1","email":5,"email_verified":false})"), "no");
  EXPECT_EQ(Read("google", R"({"sub":"1","email_verified":"true"})"), "no");
  EXPECT_EQ(Read("github", R"({"id":"5"})"), "no");
  EXPECT_EQ(Read("github", R"({"id":5.5})"), "no");
  EXPECT_EQ(Read("twitter", R"({"data":[]})"), "no");
  EXPECT_EQ(Read("vk", R"({"response":{}})"), "no");
  EXPECT_EQ(Read("bitbucket", R"({"account_status":"active","links":"x"})"), "no");
}

// Two users must not become one because their numbers were rounded, and users
// without a number not because 0 is one too.
TEST(ReadUser, NumbersAsIds) {
  EXPECT_EQ(Read("github", R"({"id":9007199254740993})"), "9007199254740993||||");
  EXPECT_EQ(Read("github", R"({"id":9223372036854775808})"), "no");
  EXPECT_EQ(Read("github", R"({"id":0})"), "||||");
  EXPECT_EQ(Read("github", "{}"), "||||");
  EXPECT_EQ(Read("strava", R"({"id":0})"), "||||");
}

TEST(ReadUser, Activity) {
  EXPECT_EQ(Read("box", R"({"id":"1","login":"e","status":"active"})"), "1|||e|");
  EXPECT_EQ(Read("box", R"({"id":"1","login":"e"})"), "no");
  EXPECT_EQ(Read("gitea", R"({"id":1,"active":false})"), "no");
  EXPECT_EQ(Read("mailcow", R"({"id":"1","username":"u@h","active":1})"), "1||u||");
  EXPECT_EQ(Read("mailcow", R"({"id":"1","active":true})"), "no");
  EXPECT_EQ(Read("mailcow", R"({"id":"1","active":2})"), "no");
  EXPECT_EQ(Read("linear", R"({"data":{"viewer":{"id":"1","active":true}}})"), "1||||");
  EXPECT_EQ(Read("linear", R"({"errors":[]})"), "no");
}

TEST(ReadUser, PutTogether) {
  EXPECT_EQ(
      Read("vk", R"({"response":[{"id":8,"first_name":"A","last_name":"B"}]})", R"({"email":"e"})"),
      "8|A B||e|");
  EXPECT_EQ(Read("vk", R"({"response":[{"id":8,"first_name":"A"}]})"), "8|A|||");
  EXPECT_EQ(Read("vk", R"({"response":[]})"), "no");
  EXPECT_EQ(Read("discord", R"({"id":"1","username":"u","discriminator":"12"})"), "1|u#12|u||");
  EXPECT_EQ(Read("discord", R"({"id":"1","username":"u","discriminator":"0","avatar":"h"})"),
            "1|u|u||https://cdn.discordapp.com/avatars/1/h.png");
  EXPECT_EQ(Read("yandex", R"({"id":"1","default_avatar_id":"a/b","is_avatar_empty":false})"),
            "1||||https://avatars.yandex.net/get-yapic/a/b/islands-200");
  EXPECT_EQ(Read("yandex", R"({"id":"1","default_avatar_id":"a/b","is_avatar_empty":true})"),
            "1||||");
}

TEST(ReadUser, ConfirmedAt) {
  const auto read = [](const std::string& time) {
    return Read("gitlab", R"({"id":3,"email":"e","confirmed_at":")" + time + "\"}");
  };
  for (const char* time : {"2020-01-01T00:00:00Z", "2020-01-01T00:00:00.123+02:00"})
    EXPECT_EQ(read(time), "3|||e|") << time;
  for (const char* time : {"", "yesterday", "2020-01-01", "2020-01-01 00:00:00Z",
                           "2020-13-01T00:00:00Z", "2020-01-01T00:00:00", "2020-01-01T00:00:00.Z"})
    EXPECT_EQ(read(time), "3||||") << time;
}

std::string Address(MailList kind, std::string_view json) {
  const auto list = http::ParseJson(json, http::JsonTail::kMustBeBlank);
  if (!list.ok()) return "broken";
  const StatusOr<std::string> address = VerifiedAddress(kind, *list);
  return address.ok() ? *address : "no";
}

TEST(VerifiedAddress, Lists) {
  EXPECT_EQ(Address(MailList::kVerified, R"([{"email":"a","verified":true,"primary":false},
                                             {"email":"b","verified":false,"primary":true},
                                             {"email":"c","verified":true,"primary":true}])"),
            "c");
  EXPECT_EQ(Address(MailList::kVerified, "[]"), "");
  EXPECT_EQ(Address(MailList::kVerified, R"({"message":"x"})"), "no");
  EXPECT_EQ(Address(MailList::kConfirmed,
                    R"({"values":[{"email":"c","is_primary":true,"is_confirmed":true}]})"),
            "c");
  EXPECT_EQ(Address(MailList::kConfirmed, "{}"), "");
  EXPECT_EQ(Address(MailList::kGitee,
                    R"([{"email":"a","state":"confirmed","scope":["notified"]},
                        {"email":"c","state":"confirmed","scope":["primary"]}])"),
            "c");
}

TEST(RawJson, NumbersAreDoubles) {
  const StatusOr<std::string> raw = RawJson(R"({"b":9007199254740993,"a":1.0})");
  ASSERT_TRUE(raw.ok());
  EXPECT_EQ(*raw, R"({"a":1,"b":9007199254740992})");
}

TEST(Document, Depth) {
  EXPECT_FALSE(ParseDocument("[1]").ok());
  EXPECT_FALSE(ParseDocument("5").ok());
  EXPECT_FALSE(ParseDocument("{\"a\":").ok());
  EXPECT_FALSE(ParseDocument(std::string(100000, '[')).ok());
}

// A-96.
TEST(AppleNames, OnceAndForAMinute) {
  constexpr std::string_view kUser = R"({"name":{"firstName":"Ann","lastName":"B"}})";
  AppleNames names;
  names.Keep("c", kUser, 1000);
  EXPECT_EQ(names.Take("other", 1000), "");
  EXPECT_EQ(names.Take("c", 61000), "Ann B");
  EXPECT_EQ(names.Take("c", 61000), "");
  names.Keep("c", kUser, 1000);
  EXPECT_EQ(names.Take("c", 61001), "");
  names.Keep(std::string(1001, 'c'), kUser, 0);
  EXPECT_EQ(names.Take(std::string(1001, 'c'), 0), "");
  for (const char* user : {"", "{", "{}", R"({"name":5})", R"({"name":{"firstName":5}})"}) {
    names.Keep("c", user, 0);
    EXPECT_EQ(names.Take("c", 0), "") << user;
  }
}

}  // namespace
}  // namespace sluice::oauth2
