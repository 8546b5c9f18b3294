// Logins end to end, where one request alone does not show it: races, mails as
// files, many logins at once, hostile bodies.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/login_app.h"

namespace sluice {
namespace {

using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kUsers[] = "/api/collections/users/";

std::string Login(int number, const std::string& more = "") {
  const std::string n = std::to_string(number);
  return R"({"identity":"user)" + n + R"(@example.com","password":"password-)" + n + "\"" + more +
         "}";
}

// The characters of `alphabet` behind the first `mark`.
std::string Behind(const std::string& text, const std::string& mark,
                   std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789") {
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + mark.size();
  const std::size_t end = text.find_first_not_of(alphabet, begin);
  return text.substr(begin, end == std::string::npos ? end : end - begin);
}

std::string OtpIdOf(const LoginAnswer& answer) { return Behind(answer.body, "otpId\":\""); }

std::string CodeIn(const std::string& mail) { return Behind(mail, "<strong>", "0123456789"); }

class LoginFlow : public LoginAppTest {
 protected:
  std::string Path(const char* name) const { return kUsers + std::string(name); }

  // Sends the same request from several threads at once; the statuses.
  std::vector<int> AtOnce(int count, const std::string& path, const std::string& body) const {
    std::vector<int> statuses(static_cast<std::size_t>(count));
    std::vector<std::thread> threads;
    for (int& status : statuses) threads.emplace_back([&] { status = Post(path, body).status; });
    for (std::thread& thread : threads) thread.join();
    return statuses;
  }
};

TEST_F(LoginFlow, AOneTimePasswordWorksForOneOfMany) {
  Start();
  const LoginAnswer asked = Post(Path("request-otp"), R"({"email":"user1@example.com"})");
  ASSERT_EQ(asked.status, 200) << asked.body;
  const std::string id = OtpIdOf(asked);
  const std::vector<std::string> mails = Mails(1);
  ASSERT_EQ(mails.size(), 1U);
  const std::string code = CodeIn(mails[0]);
  const auto statuses =
      AtOnce(4, Path("auth-with-otp"), R"({"otpId":")" + id + R"(","password":")" + code + "\"}");
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 200), 1);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 400), 3);
}

TEST_F(LoginFlow, AResetTokenWorksForOneOfMany) {
  Start();
  const std::string token = TokenOf("users", "user00000000001", "passwordReset");
  const auto statuses = AtOnce(
      4, Path("confirm-password-reset"),
      R"({"token":")" + token + R"(","password":"new password","passwordConfirm":"new password"})");
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 204), 1);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 400), 3);
}

TEST_F(LoginFlow, AnMfaSessionWorksForOneOfMany) {
  Start();
  const std::string staff = "/api/collections/staff/";
  const LoginAnswer first =
      Post(staff + "auth-with-password", R"({"identity":"staff_1","password":"password-1"})");
  ASSERT_EQ(first.status, 401) << first.body;
  const std::string mfa = Behind(first.body, "mfaId\":\"");
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < 2; ++i) {
    const LoginAnswer asked = Post(staff + "request-otp", R"({"email":"staff1@example.com"})");
    const std::vector<std::string> mails = Mails(i + 1);
    ASSERT_EQ(mails.size(), i + 1);
    bodies.push_back(R"({"otpId":")" + OtpIdOf(asked) + R"(","password":")" + CodeIn(mails[i]) +
                     R"(","mfaId":")" + mfa + "\"}");
  }
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (const std::string& body : bodies) {
    threads.emplace_back(
        [&, body] { good += Post(staff + "auth-with-otp", body).status == 200 ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 1);
}

// The mail of a reset leads to a new password, and ends every session.
TEST_F(LoginFlow, AMailedResetEndsSessions) {
  Start();
  const std::string session = TokenOf("users", "user00000000001", "auth");
  ASSERT_EQ(Post(Path("auth-refresh"), "", session).status, 200);
  ASSERT_EQ(Post(Path("request-password-reset"), R"({"email":"user1@example.com"})").status, 204);
  const std::vector<std::string> mails = Mails(1);
  ASSERT_EQ(mails.size(), 1U);
  std::string text = mails[0];
  for (std::size_t at; (at = text.find("=\r\n")) != std::string::npos;) text.erase(at, 3);
  const std::string token =
      Behind(text, "confirm-password-reset/",
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
  EXPECT_EQ(Post(Path("confirm-password-reset"),
                 R"({"token":")" + token +
                     R"(","password":"new password","passwordConfirm":"new password"})")
                .status,
            204);
  EXPECT_EQ(Post(Path("auth-refresh"), "", session).status, 401);
  EXPECT_EQ(Post(Path("auth-with-password"), Login(1)).status, 400);
}

// A33: links in mails are the settings' own, whatever the request says.
TEST_F(LoginFlow, LinksInMailsDoNotFollowTheHost) {
  Start();
  ASSERT_EQ(Post(Path("request-password-reset"), R"({"email":"user1@example.com"})").status, 204);
  const std::vector<std::string> mails = Mails(1);
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_THAT(mails[0], HasSubstr("http://localhost:8090/_/#/auth/"));
}

// Whoever may write a template sees the mails of others, not their keys.
TEST_F(LoginFlow, TemplatesOfMailsDoNotKnowHiddenFields) {
  Change(
      "UPDATE _collections SET options = json_set(options, '$.resetPasswordTemplate.body', "
      "'{RECORD:tokenKey}{RECORD:password}') WHERE name = 'users'");
  Start();
  ASSERT_EQ(Post(Path("request-password-reset"), R"({"email":"user1@example.com"})").status, 204);
  const std::vector<std::string> mails = Mails(1);
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_THAT(mails[0], HasSubstr("{RECORD:tokenKey}{RECORD:password}"));
}

// A-40, A31: the same answer for everybody who may not come in.
TEST_F(LoginFlow, RefusalsSayNothing) {
  Start();
  const LoginAnswer wrong =
      Post(Path("auth-with-password"), R"({"identity":"user1@example.com","password":"x"})");
  const LoginAnswer unknown =
      Post(Path("auth-with-password"), R"({"identity":"nobody@example.com","password":"x"})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.body, unknown.body);
  for (const char* path : {"request-password-reset", "request-verification"}) {
    EXPECT_EQ(Post(Path(path), R"({"email":"user9@example.com"})").status, 204);
    EXPECT_EQ(Post(Path(path), R"({"email":"nobody@example.com"})").status, 204);
  }
}

// A-38: passwords are counted, and a NUL ends nothing.
TEST_F(LoginFlow, OddPasswordsDoNotComeIn) {
  Start();
  for (const char* end : {"\\u0000", "\\u0000x", " ", "\\n"}) {
    EXPECT_EQ(
        Post(Path("auth-with-password"),
             std::string(R"({"identity":"user1@example.com","password":"password-1)") + end + "\"}")
            .status,
        400);
  }
  EXPECT_EQ(Post(Path("auth-with-password"), Login(1)).status, 200);
}

// Reads are answered while logins saturate the threads for passwords.
TEST_F(LoginFlow, LoginsDoNotHoldUpReads) {
  Start();
  std::atomic<bool> stop = false;
  std::atomic<int> logins = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      while (!stop) logins += Post(Path("auth-with-password"), Login(1)).status == 200 ? 1 : 0;
    });
  }
  std::vector<double> times;
  for (int i = 0; i < 40; ++i) {
    const auto start = steady_clock::now();
    EXPECT_EQ(Send("GET", "/api/collections/tags/records?perPage=1").status, 200);
    times.push_back(std::chrono::duration<double>(steady_clock::now() - start).count());
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  std::sort(times.begin(), times.end());
  EXPECT_GT(logins, 0);
  // The queue of logins alone is longer than that: sixteen of 50 ms and more.
  EXPECT_LT(times[times.size() / 2], 0.5);
}

// A client that asks more than the threads for passwords can take is told so.
TEST_F(LoginFlow, ManyLoginsAtOnceAreAllAnswered) {
  Start();
  const auto statuses = AtOnce(60, Path("auth-with-password"), Login(2));
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 200), 60);
  EXPECT_EQ(TextOf("SELECT count(*) FROM _authOrigins WHERE recordRef = 'user00000000002'"), "1");
}

TEST_F(LoginFlow, ALoginFromANewPlaceIsToldByMail) {
  Start();
  EXPECT_EQ(Post(Path("auth-with-password"), Login(2)).status, 200);
  Change("UPDATE _authOrigins SET fingerprint = 'elsewhere'");
  EXPECT_EQ(Post(Path("auth-with-password"), Login(2)).status, 200);
  // The answer has waited for it.
  ASSERT_EQ(Mails(1).size(), 1U);
  EXPECT_THAT(Mails(1)[0], HasSubstr("Subject: Login from a new location"));
  EXPECT_EQ(TextOf("SELECT count(*) FROM _authOrigins WHERE recordRef = 'user00000000002'"), "2");
}

TEST_F(LoginFlow, TheServerEndsWhileLoginsRun) {
  Start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, port = app_->port()] {
      for (int n = 0; n < 3; ++n) Post(Path("auth-with-password"), Login(1));
      (void)port;
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  app_->Stop();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sluice
