// SMTP against a small server: what is said, and servers that refuse,
// stall, drop or talk nonsense. TLS is the business of the recorded flows.
#include <chrono>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/mail_server.h"
#include "tools/server/mail/send.h"

namespace sluice::mail {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;

store::SmtpSettings SettingsFor(const MailServer& server) {
  store::SmtpSettings settings;
  settings.enabled = true;
  settings.host = "127.0.0.1";
  settings.port = server.port();
  return settings;
}

Mail Example() {
  return {"Support", "support@example.com", "to@example.com", "Hello", "<p>Hi</p>"};
}

Patience For(milliseconds time) { return {steady_clock::now() + time, nullptr}; }

TEST(Smtp, SaysWhatThePeerSays) {
  const MailServer server;
  ASSERT_EQ(SendBySmtp(Example(), SettingsFor(server), For(seconds(20))), absl::OkStatus());
  const std::string said = server.said();
  EXPECT_THAT(said, HasSubstr("EHLO localhost\n"));
  EXPECT_THAT(said, HasSubstr("MAIL FROM:<support@example.com> BODY=8BITMIME SMTPUTF8\n"));
  EXPECT_THAT(said, HasSubstr("RCPT TO:<to@example.com>\n"));
  EXPECT_THAT(said, HasSubstr("DATA\n"));
  EXPECT_THAT(server.data(), HasSubstr("Subject: Hello\r\n"));
}

TEST(Smtp, AddressesAreNotRewritten) {
  const MailServer server;
  Mail mail = Example();
  mail.to = "\xC3\xBC@ex\xC3\xA4mple.com";
  ASSERT_EQ(SendBySmtp(mail, SettingsFor(server), For(seconds(20))), absl::OkStatus());
  EXPECT_THAT(server.said(), HasSubstr("RCPT TO:<\xC3\xBC@ex\xC3\xA4mple.com>\n"));
}

TEST(Smtp, UsesOnlyWhatIsOffered) {
  const MailServer server({.offers = {"PIPELINING"}});
  ASSERT_EQ(SendBySmtp(Example(), SettingsFor(server), For(seconds(20))), absl::OkStatus());
  EXPECT_THAT(server.said(), HasSubstr("MAIL FROM:<support@example.com>\n"));
}

TEST(Smtp, NamesItself) {
  const MailServer server;
  store::SmtpSettings settings = SettingsFor(server);
  settings.local_name = "mail.example.com";
  ASSERT_EQ(SendBySmtp(Example(), settings, For(seconds(20))), absl::OkStatus());
  EXPECT_THAT(server.said(), HasSubstr("EHLO mail.example.com\n"));
}

TEST(Smtp, LogsIn) {
  const MailServer server({.offers = {"AUTH PLAIN LOGIN"}});
  store::SmtpSettings settings = SettingsFor(server);
  settings.username = "user";
  settings.password = "pass";
  ASSERT_EQ(SendBySmtp(Example(), settings, For(seconds(20))), absl::OkStatus());
  EXPECT_THAT(server.said(), HasSubstr("AUTH PLAIN"));
}

TEST(Smtp, ALoginThatNobodyAsksForIsAFailure) {
  const MailServer server;
  store::SmtpSettings settings = SettingsFor(server);
  settings.username = "user";
  settings.password = "pass";
  EXPECT_FALSE(SendBySmtp(Example(), settings, For(seconds(20))).ok());
  EXPECT_THAT(server.said(), Not(HasSubstr("MAIL")));
}

TEST(Smtp, APasswordDoesNotTravelInTheClear) {
  const MailServer server({.offers = {"AUTH PLAIN LOGIN"}});
  store::SmtpSettings settings = SettingsFor(server);
  settings.host = "127.0.0.2";  // as good as another machine
  settings.username = "user";
  settings.password = "pass";
  EXPECT_FALSE(SendBySmtp(Example(), settings, For(seconds(20))).ok());
  EXPECT_THAT(server.said(), Not(HasSubstr("AUTH")));
}

TEST(Smtp, RefusalsAreFailuresWithTheServersWords) {
  for (const char* command : {"MAIL", "RCPT", "DATA"}) {
    const MailServer server(
        {.refuse_command = command, .refuse_answer = "550 not here, thanks\r\n"});
    const Status sent = SendBySmtp(Example(), SettingsFor(server), For(seconds(20)));
    EXPECT_TRUE(absl::IsUnavailable(sent)) << command << ": " << sent;
    EXPECT_THAT(std::string(sent.message()), HasSubstr("not here, thanks")) << command;
  }
}

TEST(Smtp, AServerThatKnowsOnlyHeloIsServed) {
  const MailServer server({.refuse_command = "EHLO", .refuse_answer = "502 what?\r\n"});
  ASSERT_EQ(SendBySmtp(Example(), SettingsFor(server), For(seconds(20))), absl::OkStatus());
  EXPECT_THAT(server.said(), HasSubstr("HELO localhost\nMAIL FROM:<support@example.com>\n"));
}

TEST(Smtp, OddServersEndInFailuresInTime) {
  const MailServerManner manners[] = {
      {.greeting = "554 go away\r\n"},
      {.greeting = "nonsense\r\nmore\r\n"},
      {.refuse_command = "RCPT", .refuse_answer = "2\r\n"},
      {.refuse_command = "RCPT", .refuse_answer = "\r\n"},
      {.refuse_command = "MAIL", .refuse_answer = std::string(100000, 'x')},
      {.refuse_command = "MAIL", .refuse_answer = "250-for\r\n250-ever\r\n"},
      {.drops_at_data = true},
  };
  for (const MailServerManner& manner : manners) {
    const MailServer server(manner);
    const Status sent = SendBySmtp(Example(), SettingsFor(server), For(milliseconds(1000)));
    const bool taken = manner.refuse_answer == "2\r\n";  // a 2 is a yes
    EXPECT_EQ(sent.ok(), taken) << manner.greeting << manner.refuse_answer.substr(0, 20);
  }
}

TEST(Smtp, AServerThatSaysNothingIsLeft) {
  const MailServer server({.silent = true});
  const auto start = steady_clock::now();
  EXPECT_FALSE(SendBySmtp(Example(), SettingsFor(server), For(milliseconds(500))).ok());
  EXPECT_GE(steady_clock::now() - start, milliseconds(400));
}

TEST(Smtp, ASilentServerDoesNotHoldUpTheEnd) {
  const MailServer server({.silent = true});
  const std::atomic<bool> stopping = true;
  EXPECT_FALSE(SendBySmtp(Example(), SettingsFor(server),
                          {steady_clock::now() + std::chrono::hours(1), &stopping})
                   .ok());
}

TEST(Smtp, NobodyThere) {
  store::SmtpSettings settings;
  settings.enabled = true;
  settings.host = "127.0.0.1";
  settings.port = 1;
  EXPECT_TRUE(absl::IsUnavailable(SendBySmtp(Example(), settings, For(seconds(5)))));
}

TEST(Smtp, AddressesCannotHoldCommands) {
  const MailServer server;
  Mail mail = Example();
  mail.to = "a@b.c>\r\nRCPT TO:<evil@example.com";
  EXPECT_TRUE(absl::IsInvalidArgument(SendBySmtp(mail, SettingsFor(server), For(seconds(5)))));
  EXPECT_EQ(server.said(), "");
}

TEST(Smtp, LinesThatBeginWithADotArrive) {
  const MailServer server;
  Mail mail = Example();
  mail.subject = std::string(100, 'x') + " " + std::string(100, 'y');
  mail.html = "<p>x</p>\n.\n..two";
  ASSERT_EQ(SendBySmtp(mail, SettingsFor(server), For(seconds(20))), absl::OkStatus());
  EXPECT_THAT(server.data(), HasSubstr("=2E\r\n=2E.two"));
}

}  // namespace
}  // namespace sluice::mail
