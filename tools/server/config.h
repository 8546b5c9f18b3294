// Every setting of the server with its default and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/server/editions/edition.h"
#include "tools/server/observe/log_sink.h"
#include "tools/server/records/answer_limits.h"

namespace sluice {

// An IP address, or a name that is looked up once, and a port; 0: any free one.
struct ListenAddress {
  std::string address;
  std::uint16_t port = 0;
};

// What clients may take of the server; http/server_options.h has the reasons.
struct ConnectionLimits {
  std::size_t connections_max = 16384;
  std::chrono::seconds handshake_timeout{10};
  std::chrono::seconds head_timeout{60};
  std::chrono::seconds body_timeout{300};
  std::chrono::seconds write_timeout{300};
  std::chrono::seconds idle_timeout{300};
};

struct ServerConfig {
  // The data folder. Made when it is not there.
  std::string folder = "pb_data";
  std::string address = "127.0.0.1";
  std::uint16_t port = 8090;
  // Set: the API is served there, through TLS with that certificate and its key
  // (PEM files, read again when they change), and the address above only sends
  // clients there (S-105), unless `redirect` is off.
  std::optional<ListenAddress> https;
  std::string tls_certificate_file;
  std::string tls_key_file;
  bool redirect = true;
  // Figures for Prometheus at /metrics there; none: nowhere. Nobody is asked who
  // they are: not for an address that strangers reach.
  std::optional<ListenAddress> metrics;
  ConnectionLimits limits;
  // Another process may listen at the same addresses: the one that is stopped
  // leaves new connections to the other, so that nobody is refused.
  bool reuse_port = false;
  // What is open at the end gets so long; 1 s as the peer (S-72).
  std::chrono::seconds drain_timeout{1};
  // Who may read answers from a browser (S-78).
  std::vector<std::string> origins = {"*"};
  // Threads that run queries, each with a connection of its own. More than the
  // cores, so that a slow query does not stop the fast ones.
  std::size_t query_threads = 0;  // 0: twice the cores, at least 4
  // How much of the database each reading connection maps, in bytes; 0: nothing,
  // pages are read. Mapped pages save a copy where the page cache misses, but a
  // disk that fails under one ends the process (SIGBUS), where a read answers 500,
  // and each connection's count as the process's memory.
  std::int64_t mmap_bytes = 0;
  // Threads that speak HTTP. 0: one per core, at most 4.
  std::size_t io_threads = 0;
  // A query that takes longer is stopped and answered as the peer does (S-104).
  std::chrono::seconds query_timeout{30};
  // What one answer of the records API may hold and load.
  records::AnswerLimits answers;
  // What a query may cost by its estimate, in looks at a row (records/plan_cost.h);
  // 0: anything. A look takes some 100 ns, so the default is beyond what can be
  // done in 30 seconds by a factor of 3,000: it is an estimate, and is to refuse
  // nothing that the peer answers.
  double cost_max = 1e12;
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
  // What a caller may not see has no influence on its answers, also where the
  // peer lets it through: sorts by hidden addresses, filters through collections
  // whose list rule differs by row (tools/README.md). Off, because answers are
  // then not the peer's.
  bool strict = false;
  // Empty answers to more than three filters in three seconds, where a rule may
  // have made them so, wait for up to half a second, as the peer's do (F-123).
  bool probe_delay = true;
  // Whose words errors use, and which shapes the answers to writes have.
  editions::Edition errors = editions::Edition::kPeer;
  // Serve although the folder's hooks are not run.
  bool ignore_hooks = false;
  observe::LogLevel log_level = observe::LogLevel::kInfo;
  observe::LogFormat log_format = observe::LogFormat::kText;
  int log_descriptor = 2;  // stays the caller's
};

}  // namespace sluice
