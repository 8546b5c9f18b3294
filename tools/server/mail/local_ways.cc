// The ways that need no server: the sendmail program, and files. Tested by
// tests/server/mail_mailer_test.cc.
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tools/server/auth/random_text.h"
#include "tools/server/mail/send.h"

extern char** environ;

namespace sluice::mail {
namespace {

std::string FindSendmail() {
  std::string folders = "/usr/sbin:/usr/bin";
  if (const char* path = std::getenv("PATH"); path != nullptr) folders += ":" + std::string(path);
  for (std::size_t at = 0; at < folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    const std::string program = folders.substr(at, end - at) + "/sendmail";
    if (end > at && access(program.c_str(), X_OK) == 0) return program;
    at = end + 1;
  }
  return "";
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// Waits for the program to end; one that takes too long is ended.
Status WaitFor(pid_t program, const Patience& patience) {
  constexpr std::chrono::milliseconds kPause(10);
  int result = 0;
  while (waitpid(program, &result, WNOHANG) == 0) {
    if (patience.over()) {
      kill(program, SIGKILL);
      waitpid(program, &result, 0);
      return absl::DeadlineExceededError("sendmail took too long");
    }
    std::this_thread::sleep_for(kPause);
  }
  if (WIFEXITED(result) && WEXITSTATUS(result) == 0) return absl::OkStatus();
  return absl::UnavailableError("sendmail failed");
}

}  // namespace

Status SendBySendmail(const Mail& mail, const Patience& patience) {
  SLUICE_RETURN_IF_ERROR(CheckAddress(mail.from_address));
  SLUICE_RETURN_IF_ERROR(CheckAddress(mail.to));
  const std::string program = FindSendmail();
  if (program.empty())
    return absl::UnavailableError("no SMTP server is set and there is no sendmail program");
  const std::string text = MimeText(mail, std::chrono::system_clock::now());
  const Descriptor input(memfd_create("mail", MFD_CLOEXEC));
  if (input.get() < 0 ||
      write(input.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      lseek(input.get(), 0, SEEK_SET) != 0)
    return absl::InternalError("no memory for a mail");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::string name = "sendmail";
  std::string ignore_dots = "-i";
  std::string read_recipients = "-t";
  std::array<char*, 4> arguments = {name.data(), ignore_dots.data(), read_recipients.data(),
                                    nullptr};
  pid_t child = 0;
  const int failed =
      posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return absl::UnavailableError("sendmail cannot be started");
  return WaitFor(child, patience);
}

Status WriteToFolder(const Mail& mail, const std::string& folder) {
  constexpr std::size_t kNameSize = 8;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto now = std::chrono::system_clock::now();
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  const std::string base =
      folder + "/" + std::to_string(micros) + "-" + auth::RandomText(kNameSize, auth::kIdAlphabet);
  // Under another name until it is whole, for those who watch the folder.
  std::ofstream file(base + ".part", std::ios::binary);
  file << MimeText(mail, now);
  file.close();
  if (file) std::filesystem::rename(base + ".part", base + ".eml", error);
  if (!file || error) return absl::UnavailableError("cannot write mails to " + folder);
  return absl::OkStatus();
}

}  // namespace sluice::mail
