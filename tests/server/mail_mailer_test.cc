// The queue of mails: lanes, limits, time limits, the end; mails as files; the
// sendmail program.
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/mail_server.h"
#include "tools/server/mail/mailer.h"
#include "tools/server/mail/send.h"

namespace sluice::mail {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (fs::temp_directory_path() / "sluice-mail-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Mail Example() {
  return {"Support", "support@example.com", "to@example.com", "Hello", "<p>Hi</p>"};
}

store::SmtpSettings SettingsFor(const MailServer& server) {
  store::SmtpSettings settings;
  settings.enabled = true;
  settings.host = "127.0.0.1";
  settings.port = server.port();
  return settings;
}

// Sends and waits for the outcome.
Status SendAndWait(Mailer& mailer, const store::SmtpSettings& settings, milliseconds patience) {
  std::promise<Status> outcome;
  mailer.Send(Example(), settings, patience, Mailer::Lane::kAnswer,
              [&outcome](const Status& status) { outcome.set_value(status); });
  return outcome.get_future().get();
}

TEST(Mailer, SendsByTheSettings) {
  const MailServer server;
  const auto mailer = Mailer::Start({});
  EXPECT_EQ(SendAndWait(*mailer, SettingsFor(server), seconds(20)), absl::OkStatus());
  EXPECT_THAT(server.data(), HasSubstr("Subject: Hello"));
}

TEST(Mailer, WritesFilesWhereAFolderIsGiven) {
  const TempFolder folder;
  const auto mailer = Mailer::Start({.folder = (folder.path() / "mails").string()});
  EXPECT_EQ(SendAndWait(*mailer, {}, seconds(20)), absl::OkStatus());
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder.path() / "mails"))
    files.push_back(entry.path());
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].extension(), ".eml");
  EXPECT_THAT(ReadFile(files[0]), HasSubstr("Subject: Hello\r\n"));
}

TEST(Mailer, AFolderThatCannotBeMadeIsAFailure) {
  const TempFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  const auto mailer = Mailer::Start({.folder = (folder.path() / "file" / "mails").string()});
  EXPECT_TRUE(absl::IsUnavailable(SendAndWait(*mailer, {}, seconds(20))));
}

// While every thread is held by a server that says nothing, those who wait are
// told in time.
TEST(Mailer, WhoWaitsIsToldInTime) {
  const MailServer silent({.silent = true});
  const auto mailer = Mailer::Start({.threads = 1});
  std::promise<void> first;
  mailer->Send(Example(), SettingsFor(silent), seconds(60), Mailer::Lane::kBackground,
               [&first](const Status&) { first.set_value(); });
  std::this_thread::sleep_for(milliseconds(100));
  const auto start = steady_clock::now();
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(SendAndWait(*mailer, SettingsFor(silent), milliseconds(300))));
  EXPECT_LT(steady_clock::now() - start, seconds(5));
  mailer->Stop();
  first.get_future().get();
}

TEST(Mailer, AnswersGoFirst) {
  const MailServer silent({.silent = true});
  const MailServer server;
  const auto mailer = Mailer::Start({.threads = 1});
  std::mutex mutex;
  std::vector<std::string> order;
  std::promise<void> both;
  const auto note = [&](const std::string& name) {
    return [&, name](const Status&) {
      const std::lock_guard lock(mutex);
      order.push_back(name);
      if (order.size() == 3) both.set_value();
    };
  };
  mailer->Send(Example(), SettingsFor(silent), milliseconds(500), Mailer::Lane::kBackground,
               note("held"));
  std::this_thread::sleep_for(milliseconds(100));
  mailer->Send(Example(), SettingsFor(server), seconds(60), Mailer::Lane::kBackground,
               note("background"));
  mailer->Send(Example(), SettingsFor(server), seconds(60), Mailer::Lane::kAnswer, note("answer"));
  both.get_future().get();
  EXPECT_THAT(order, ::testing::ElementsAre("held", "answer", "background"));
}

TEST(Mailer, RefusesWhenTooManyWait) {
  const MailServer silent({.silent = true});
  const auto mailer = Mailer::Start({.threads = 1, .queue_max = 2});
  std::atomic<int> refused = 0;
  std::atomic<int> told = 0;
  for (int i = 0; i < 10; ++i) {
    mailer->Send(Example(), SettingsFor(silent), seconds(60), Mailer::Lane::kBackground,
                 [&](const Status& status) {
                   told += 1;
                   refused += absl::IsUnavailable(status) ? 1 : 0;
                 });
  }
  EXPECT_GE(refused, 7);
  mailer->Stop();
  EXPECT_EQ(told, 10) << "everybody is told once";
}

TEST(Mailer, TellsEverybodyAtTheEnd) {
  const MailServer silent({.silent = true});
  std::atomic<int> told = 0;
  const auto start = steady_clock::now();
  {
    const auto mailer = Mailer::Start({.threads = 2});
    for (int i = 0; i < 6; ++i) {
      mailer->Send(Example(), SettingsFor(silent), seconds(60), Mailer::Lane::kAnswer,
                   [&told](const Status& status) { told += status.ok() ? 100 : 1; });
    }
  }
  EXPECT_EQ(told, 6);
  EXPECT_LT(steady_clock::now() - start, seconds(20));
}

// A program of that name in the PATH takes the mail on its input.
TEST(Sendmail, GetsTheMail) {
  if (fs::exists("/usr/sbin/sendmail") || fs::exists("/usr/bin/sendmail"))
    GTEST_SKIP() << "a real sendmail would be used, and would send";
  const TempFolder folder;
  const fs::path program = folder.path() / "sendmail";
  std::ofstream(program) << "#!/bin/sh\necho \"$@\" > '" << folder.path().string()
                         << "/arguments'\ncat > '" << folder.path().string() << "/input'\n";
  fs::permissions(program, fs::perms::owner_all);
  const std::string before = std::getenv("PATH");
  setenv("PATH", (folder.path().string() + ":" + before).c_str(), 1);
  const Status sent = SendBySendmail(Example(), {steady_clock::now() + seconds(20), nullptr});
  setenv("PATH", before.c_str(), 1);
  ASSERT_EQ(sent, absl::OkStatus());
  EXPECT_EQ(ReadFile(folder.path() / "arguments"), "-i -t\n");
  EXPECT_THAT(ReadFile(folder.path() / "input"), HasSubstr("To: to@example.com\r\n"));
}

TEST(Sendmail, AProgramThatHangsIsEnded) {
  if (fs::exists("/usr/sbin/sendmail") || fs::exists("/usr/bin/sendmail"))
    GTEST_SKIP() << "a real sendmail would be used, and would send";
  const TempFolder folder;
  const fs::path program = folder.path() / "sendmail";
  std::ofstream(program) << "#!/bin/sh\nexec sleep 60\n";
  fs::permissions(program, fs::perms::owner_all);
  const std::string before = std::getenv("PATH");
  setenv("PATH", (folder.path().string() + ":" + before).c_str(), 1);
  const Status sent = SendBySendmail(Example(), {steady_clock::now() + milliseconds(300), nullptr});
  setenv("PATH", before.c_str(), 1);
  EXPECT_TRUE(absl::IsDeadlineExceeded(sent)) << sent;
}

}  // namespace
}  // namespace sluice::mail
