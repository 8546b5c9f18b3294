// Every setting of the server with its default and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/server/observe/log_sink.h"

namespace sluice {

struct ServerConfig {
  // The data folder. Made when it is not there.
  std::string folder = "pb_data";
  std::string address = "127.0.0.1";
  std::uint16_t port = 8090;
  // Who may read answers from a browser (S-78).
  std::vector<std::string> origins = {"*"};
  // Threads that run queries, each with a connection of its own. More than the
  // cores, so that a slow query does not stop the fast ones.
  std::size_t query_threads = 0;  // 0: twice the cores, at least 4
  // Threads that speak HTTP. 0: one per core, at most 4.
  std::size_t io_threads = 0;
  // A query that takes longer is stopped and answered as the peer does (S-104).
  std::chrono::seconds query_timeout{30};
  // Every commit reaches the disk before its answer goes out. Otherwise, as the
  // peer does (S-3), a machine that loses its power may lose the last ones; a
  // process that is killed never does.
  bool sync_full = false;
  // Requests that wait for a query thread; beyond it they are told 503.
  std::size_t queue_max = 4096;
  // The environment variable with the key of the settings at rest (S-15).
  std::string encryption_environment;
  // Mails are written into this folder instead of being sent.
  std::string mail_folder;
  // Files for GET requests that no route answers (S-75); empty: none. What is not
  // found there is its index.html, unless `index_fallback` is off.
  std::string public_folder;
  bool index_fallback = true;
  // Called, on some thread, when a backup was unpacked: the process is to end
  // this server, call backups::SwapIn and start anew (S-97).
  std::function<void()> on_restore;
  // Serve although the folder's hooks are not run.
  bool ignore_hooks = false;
  observe::LogLevel log_level = observe::LogLevel::kInfo;
};

}  // namespace sluice
