// The program sluice run as one, for tests of its commands.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/wait.h>

#include "gtest/gtest.h"

namespace sluice {

struct Ended {
  int status = -1;
  std::string said;  // both outputs
};

// By the shell; `arguments` are quoted by the caller.
inline Ended RunProgram(const std::string& arguments) {
  FILE* pipe = popen(("'" SLUICE_PROGRAM "' " + arguments + " 2>&1 </dev/null").c_str(), "r");
  Ended ended;
  char buffer[4096];
  for (std::size_t size = fread(buffer, 1, sizeof buffer, pipe); size > 0;
       size = fread(buffer, 1, sizeof buffer, pipe)) {
    ended.said.append(buffer, size);
  }
  const int status = pclose(pipe);
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ended;
}

}  // namespace sluice
