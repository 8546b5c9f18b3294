// Sluice as a part of your program: the whole server, on a data folder, with
// routes of yours beside the API's. tools/examples/follow is a program built on
// it, and its README the tutorial.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/server/call.h"
#include "sluice/status.h"

namespace sluice::server {

// Answers one request, at once or later. Runs on one of the query threads, which
// also serve the API: it may query, and must not wait.
using Handler = std::function<void(const Call& call)>;

struct Route {
  std::string method;
  // '/' and segments: literals, `{name}` for one segment, at the end perhaps
  // `{name...}` for all that is left. Not below /api/ or /_/, which are Sluice's.
  std::string pattern;
  Handler handler;
};

// As the flags of `sluice serve`, whose --help has the reasons.
struct Options {
  std::string folder = "pb_data";  // made when it is not there
  std::string address = "127.0.0.1";
  std::uint16_t port = 8090;  // 0: any free one
  std::vector<std::string> origins = {"*"};
  std::chrono::seconds query_timeout{30};
  std::size_t query_threads = 0;  // 0: twice the cores, at least 4
  std::size_t io_threads = 0;     // 0: one per core, at most 4
  bool sync_full = false;
  std::string encryption_environment;
  std::string mail_folder;
  std::string public_folder;
  bool quiet = false;  // nothing is logged to standard error

  // Collections as a JSON array, as `sluice export` prints it: made or changed
  // before the first request. What it does not name stays.
  std::string collections;
  std::vector<Route> routes;
};

// A running server; destroying it ends it. Handlers, and what they refer to,
// must live as long.
class Server {
 public:
  // Opens the folder, makes the collections, and listens. Fails with a message
  // for a person, and has changed no collection then.
  static StatusOr<std::unique_ptr<Server>> Start(Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;

  // Lets requests in progress finish, for at most a second. Blocks; not to be
  // called by a handler.
  void Stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::server
