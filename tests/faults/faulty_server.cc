#include "tests/faults/faulty_server.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <new>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"

#include "tests/server/started_server.h"

namespace sluice::faults {

FaultyServer::FaultyServer(const std::string& folder)
    : folder_(folder), control_path_(folder + ".faults"), said_path_(folder + ".said") {
  const int file = open(control_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  EXPECT_EQ(ftruncate(file, sizeof(Control)), 0);
  void* mapped = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  control_ = new (mapped) Control;
}

FaultyServer::~FaultyServer() {
  Kill();
  munmap(control_, sizeof(Control));
}

bool FaultyServer::Start() {
  const StartedServer server = StartServer(SLUICE_PROGRAM, folder_, [this] {
    const int said = open(said_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(said, STDERR_FILENO);
    setenv("LD_PRELOAD", SLUICE_FAULT_LIBRARY, 1);
    setenv("SLUICE_FAULTS", control_path_.c_str(), 1);
  });
  fclose(server.said);
  pid_ = server.pid;
  port_ = server.port;
  return port_ != 0;
}

void FaultyServer::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int FaultyServer::Stop() {
  if (pid_ <= 0) return -1;
  kill(pid_, SIGTERM);
  for (int i = 0; i < 1000; ++i) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    usleep(10'000);
  }
  Kill();
  return -1;
}

bool FaultyServer::IsAlive() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

std::string FaultyServer::Said() const {
  std::ifstream file(said_path_);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void FaultyServer::Arm(Kind kind, std::int64_t call, std::int64_t repeat, int error_number) {
  control_->calls = 0;
  control_->failed = 0;
  control_->countdown = call;
  control_->repeat = repeat;
  control_->error_number = error_number;
  control_->kind = kind;
}

std::int64_t FaultyServer::Disarm() {
  control_->kind = Kind::kNone;
  return control_->calls.load();
}

}  // namespace sluice::faults
