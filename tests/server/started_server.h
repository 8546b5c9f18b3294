// `sluice serve` as a process of its own.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/types.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace sluice {

struct StartedServer {
  pid_t pid = -1;
  std::uint16_t port = 0;  // 0 when it ended by itself
  FILE* said = nullptr;    // its standard output, behind the first line; the caller's
};

// Serves `folder` on a free port of loopback, and returns once it listens.
// `in_child` runs in the new process before the program.
template <typename InChild>
StartedServer StartServer(const char* program, const std::string& folder, const InChild& in_child) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  StartedServer server;
  server.pid = fork();
  if (server.pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    in_child();
    execl(program, "sluice", "serve", "--dir", folder.c_str(), "--http", "127.0.0.1:0",
          "--log-level", "error", static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  server.said = fdopen(ends[0], "r");
  char line[256] = "";
  // `Server started at http://127.0.0.1:PORT`.
  if (fgets(line, sizeof line, server.said) != nullptr) {
    const std::string text = line;
    server.port = static_cast<std::uint16_t>(std::atoi(text.c_str() + text.rfind(':') + 1));
  }
  return server;
}

}  // namespace sluice
