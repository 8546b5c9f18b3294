// `sluice serve` as a process whose calls fail as a test says.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

#include "tests/faults/fault_control.h"

namespace sluice::faults {

class FaultyServer {
 public:
  // The control file lies in `folder`'s parent.
  explicit FaultyServer(const std::string& folder);
  ~FaultyServer();
  FaultyServer(const FaultyServer&) = delete;
  FaultyServer& operator=(const FaultyServer&) = delete;

  // False when the process ended by itself.
  bool Start();
  void Kill();
  // SIGTERM; the exit status, or -1 when it did not end in ten seconds.
  int Stop();
  bool IsAlive();
  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }
  Control& control() { return *control_; }
  // What it said on standard error.
  std::string Said() const;

  // Call number `call` of that kind fails, and `repeat` behind it.
  void Arm(Kind kind, std::int64_t call, std::int64_t repeat = 0, int error_number = 5);
  // The calls counted meanwhile.
  std::int64_t Disarm();

 private:
  std::string folder_;
  std::string control_path_;
  std::string said_path_;
  Control* control_ = nullptr;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace sluice::faults
