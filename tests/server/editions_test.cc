// `--errors`: each shape and each text at the place where the documentation has
// it, and nowhere else.
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/http_client.h"
#include "tests/server/login_app.h"

namespace sluice {
namespace {

using editions::Edition;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kUsers[] = "/api/collections/users/";

// An answer of each edition to one request.
struct Words {
  std::string_view peer;
  std::string_view documented;
  std::string_view legacy;
};

std::string Envelope(Edition edition, int status, std::string_view message,
                     std::string_view data = "{}") {
  const std::string number = std::to_string(status);
  const std::string text = "\"message\":\"" + std::string(message) + "\"";
  const std::string under = "\"data\":" + std::string(data);
  if (edition == Edition::kLegacy) return "{\"code\":" + number + "," + text + "," + under + "}\n";
  return "{" + under + "," + text + ",\"status\":" + number + "}\n";
}

std::string Required(Edition edition, std::string_view field) {
  return "{\"" + std::string(field) + "\":{\"code\":\"validation_required\",\"message\":\"" +
         (edition == Edition::kPeer ? "Cannot be blank." : "Missing required value.") + "\"}}";
}

class Editions : public LoginAppTest, public ::testing::WithParamInterface<Edition> {
 protected:
  Editions() {
    Start(GetParam());
    user_ = TokenOf("users", "user00000000001", "auth");
    superuser_ = Superuser();
  }

  std::string_view Of(const Words& words) const {
    switch (GetParam()) {
      case Edition::kPeer:
        return words.peer;
      case Edition::kDocumented:
        return words.documented;
      case Edition::kLegacy:
        return words.legacy;
    }
    return "";
  }

  // Both editions of the documentation agree.
  std::string_view Of(std::string_view peer, std::string_view documented) const {
    return GetParam() == Edition::kPeer ? peer : documented;
  }

  void Expect(const LoginAnswer& answer, int status, std::string_view message,
              std::string_view data = "{}") const {
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, Envelope(GetParam(), status, message, data));
  }

  LoginAnswer Get(std::string_view path, std::string_view token = {}) const {
    return Send("GET", path, {}, token);
  }
  std::string Lacks(std::string_view field) const { return Required(GetParam(), field); }

  std::string user_;
  std::string superuser_;
};

std::string NameOf(const ::testing::TestParamInfo<Edition>& param) {
  return param.param == Edition::kPeer     ? "Peer"
         : param.param == Edition::kLegacy ? "Legacy"
                                           : "Documented";
}

INSTANTIATE_TEST_SUITE_P(All, Editions,
                         ::testing::Values(Edition::kPeer, Edition::kDocumented, Edition::kLegacy),
                         &NameOf);

TEST_P(Editions, EveryErrorHasTheShape) {
  Expect(Get("/api/nowhere"), 404, "File not found.");
  Expect(Post("/api/nowhere", "{}"), 404, "The requested resource wasn't found.");
  Expect(Get("/api/collections/tags/records/none"), 404, "The requested resource wasn't found.");
  Expect(Get("/api/settings"), 401, "The request requires valid record authorization token.");
  Expect(Post("/api/collections/tags/records", "{"), 400,
         "Something went wrong while processing your request.");
}

// Made by the session itself, before any handler.
TEST_P(Editions, ABodyThatIsTooLargeHasTheShape) {
  http::Client client(app_->port());
  client.Send(
      "POST /api/collections/users/auth-refresh HTTP/1.1\r\nHost: a\r\n"
      "Content-Length: 99999999\r\n\r\n");
  const std::string answer = client.ReadAnswer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer,
              HasSubstr("\r\n\r\n" + Envelope(GetParam(), 413, "Request entity too large.")));
}

TEST_P(Editions, AnUnusableFilter) {
  constexpr std::string_view kPlain = "Something went wrong while processing your request.";
  constexpr std::string_view kFilter =
      "Something went wrong while processing your request. Invalid filter.";
  const std::string posts = "/api/collections/posts/records";
  Expect(Get(posts + "?filter=title%20%3D"), 400, Of(kPlain, kFilter));
  Expect(Get(posts + "?filter=nofield%3D1"), 400, Of(kPlain, kFilter));
  Expect(Get(posts + "?filter=" + std::string(3501, 'a')), 400, Of(kPlain, kFilter));
  Expect(Get("/api/collections?filter=nofield%3D1", superuser_), 400, Of(kPlain, kFilter));
  // What else a list may fail for is not the filter's fault.
  Expect(Get(posts + "?sort=nofield"), 400, kPlain);
  Expect(Get(posts + "?page=x"), 400, kPlain);
  Expect(Get(posts + "?filter=title!%3D1&page=x"), 400, kPlain);
}

TEST_P(Editions, OtherCollectionsInAFilter) {
  const Words words{"Only superusers can filter by @collection.",
                    "Only superusers can filter by '@collection.*'",
                    "Only admins can filter by '@collection.*'"};
  const std::string posts = "/api/collections/posts/records";
  Expect(Get(posts + "?filter=%40collection.users.id%3D1"), 403, Of(words));
  Expect(Get(posts + "?filter=%40request.auth.id%3D1"), 403,
         "Only superusers can filter by @request.");
  EXPECT_EQ(Get(posts + "?filter=%40collection.users.id!%3D1", superuser_).status, 200);
}

TEST_P(Editions, AMissingValueOfARecord) {
  Expect(Post("/api/collections/tags/records", "{}", superuser_), 400, "Failed to create record.",
         Lacks("name"));
  Expect(
      Send("PATCH", "/api/collections/tags/records/tag000000000001", R"({"name":""})", superuser_),
      400, "Failed to update record.", Lacks("name"));
}

TEST_P(Editions, AMissingCollectionOfAWrite) {
  const std::string_view text =
      Of("Missing or invalid collection context.",
         "The requested resource wasn't found. Missing collection context.");
  Expect(Post("/api/collections/none/records", "{}"), 404, text);
  Expect(Send("PATCH", "/api/collections/none/records/x", "{}"), 404, text);
  // The documentation of the other actions has no such answer.
  Expect(Get("/api/collections/none/records"), 404, "Missing collection context.");
  Expect(Send("DELETE", "/api/collections/none/records/x"), 404, "Missing collection context.");
}

TEST_P(Editions, FormsOfLogins) {
  ASSERT_EQ(Send("PATCH", "/api/collections/users",
                 R"({"oauth2":{"enabled":true,"providers":[
                     {"name":"google","clientId":"a","clientSecret":"b"}]}})",
                 superuser_)
                .status,
            200);
  constexpr std::string_view kChecked = "An error occurred while validating the submitted data.";
  constexpr std::string_view kLoaded = "An error occurred while loading the submitted data.";
  constexpr std::string_view kForm = "An error occurred while submitting the form.";
  const std::string users = kUsers;
  Expect(Post(users + "auth-with-password", R"({"identity":"a"})"), 400, Of(kChecked, kForm),
         Lacks("password"));
  Expect(Post(users + "auth-with-oauth2", R"({"code":"a"})"), 400, Of(kLoaded, kForm),
         Lacks("provider"));
  Expect(Post(users + "auth-with-otp", R"({"password":"12345678"})"), 400,
         Of(kChecked, "Failed to authenticate."), Lacks("otpId"));
  Expect(Post(users + "request-password-reset", "{}"), 400, kChecked, Lacks("email"));
  // Nothing is wrong with these forms.
  Expect(Post(users + "auth-with-password", R"({"identity":"a","password":"b"})"), 400,
         "Failed to authenticate.");
  Expect(Post(users + "auth-with-otp", R"({"otpId":"a","password":"12345678"})"), 400,
         "Invalid or expired OTP.");
}

TEST_P(Editions, TooManyOneTimePasswords) {
  ASSERT_EQ(Send("PATCH", "/api/settings",
                 R"({"rateLimits":{"enabled":true,"rules":[
                     {"label":"*:requestOTP","maxRequests":1,"duration":600},
                     {"label":"*:authRefresh","maxRequests":1,"duration":600}]}})",
                 superuser_)
                .status,
            200);
  const std::string body = R"({"email":"user1@example.com"})";
  EXPECT_EQ(Post(std::string(kUsers) + "request-otp", body).status, 200);
  Expect(Post(std::string(kUsers) + "request-otp", body), 429,
         Of("Too Many Requests.", "You've send too many OTP requests, please try again later."));
  EXPECT_EQ(Post(std::string(kUsers) + "auth-refresh", "", user_).status, 200);
  Expect(Post(std::string(kUsers) + "auth-refresh", "", user_), 429, "Too Many Requests.");
}

TEST_P(Editions, WhoMayAsk) {
  const std::string_view no_token =
      Of("The request requires valid record authorization token.",
         "The request requires valid record authorization token to be set.");
  constexpr std::string_view kModel =
      "The authorized record model is not allowed to perform this action.";
  constexpr std::string_view kOther =
      "The request requires auth record from _superusers "
      "collection.";
  for (const char* name : {"auth-refresh", "request-email-change"}) {
    const std::string path = std::string(kUsers) + name;
    Expect(Post(path, R"({"newEmail":"a@b.co"})"), 401, no_token);
    Expect(Post(path, R"({"newEmail":"a@b.co"})", superuser_), 403, Of(kOther, kModel));
  }
  const std::string impersonate = std::string(kUsers) + "impersonate/user00000000001";
  Expect(Post(impersonate, "{}"), 401, no_token);
  Expect(Post(impersonate, "{}", user_), 403,
         Of("The authorized record is not allowed to perform this action.", kModel));
  // A place that the documentation has in the peer's words.
  Expect(Get("/api/settings", user_), 403,
         "The authorized record is not allowed to perform this action.");
  Expect(Post("/api/collections/none/auth-refresh", "", user_), 404,
         Of("Missing or invalid collection context.", "Missing auth record context."));
}

TEST_P(Editions, RecordsOfWrites) {
  const bool legacy = GetParam() == Edition::kLegacy;
  const std::string at = legacy ? "@" : "";
  const std::string keys =
      "{\"" + at + "collectionId\":\"c_tags\",\"" + at + "collectionName\":\"tags\",";
  const std::string plain = "\"collectionId\":\"c_tags\",\"collectionName\":\"tags\",";
  const std::string tags = "/api/collections/tags/records";
  EXPECT_THAT(Post(tags, R"({"name":"one"})", superuser_).body, StartsWith(keys));
  const LoginAnswer updated =
      Send("PATCH", tags + "/tag000000000003?expand=parent", R"({"weight":3})", superuser_);
  EXPECT_THAT(updated.body, StartsWith(keys));
  // What is expanded is seen as by a view.
  EXPECT_THAT(updated.body, HasSubstr("\"expand\":{\"parent\":{" + plain));
  EXPECT_THAT(Get(tags + "/tag000000000003").body, StartsWith("{" + plain));
  EXPECT_THAT(Get(tags).body, HasSubstr("[{" + plain));
  EXPECT_THAT(Post(std::string(kUsers) + "auth-refresh", "", user_).body,
              HasSubstr("\"collectionName\":\"users\""));
}

TEST_P(Editions, Batches) {
  const bool legacy = GetParam() == Edition::kLegacy;
  const LoginAnswer done = Post("/api/batch", R"({"requests":[
      {"method":"POST","url":"/api/collections/tags/records","body":{"name":"one"}},
      {"method":"DELETE","url":"/api/collections/tags/records/tag000000000012"}]})",
                                superuser_);
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_THAT(done.body, StartsWith(legacy ? R"([{"result":{"@collectionId":"c_tags",)"
                                           : R"([{"body":{"collectionId":"c_tags",)"));
  EXPECT_THAT(done.body, HasSubstr(legacy ? R"(,{"result":null,"status":204}])"
                                          : R"(,{"body":null,"status":204}])"));

  const LoginAnswer failed = Post("/api/batch", R"({"requests":[
      {"method":"POST","url":"/api/collections/tags/records","body":{}}]})",
                                  superuser_);
  const std::string lacks = Lacks("name");
  const std::string inner =
      legacy ? R"({"status":400,"message":"Failed to create record.","data":)" + lacks + "}"
             : R"({"data":)" + lacks + R"(,"message":"Failed to create record.","status":400})";
  const std::string data =
      R"({"requests":{"0":{"code":"batch_request_failed","message":"Batch request failed.",)"
      R"("response":)" +
      inner + "}}}";
  EXPECT_EQ(failed.body,
            legacy ? R"({"status":400,"message":"Batch transaction failed.","data":)" + data + "}\n"
                   : Envelope(GetParam(), 400, "Batch transaction failed.", data));
  // Any other refusal of a batch is an error like all.
  Expect(Post("/api/batch", R"({"requests":[]})", superuser_), 400, "Invalid batch request data.",
         Lacks("requests"));
}

// Texts of users that look like ours are theirs.
TEST_P(Editions, TextsOfUsersStay) {
  const std::string name = "Cannot be blank.\\\"}},\\\"status\\\":400}";
  const LoginAnswer made =
      Post("/api/collections/tags/records", "{\"name\":\"" + name + "\"}", superuser_);
  EXPECT_EQ(made.status, 200);
  EXPECT_THAT(made.body, HasSubstr("\"name\":\"" + name + "\""));
  EXPECT_THAT(made.body, Not(HasSubstr("Missing required")));
}

}  // namespace
}  // namespace sluice
