// follow FOLDER SCHEMA.json [PORT]: Sluice with a route of its own, PUT /follow.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <pthread.h>
#include <string>

#include "sluice/server/server.h"

#include "follow.h"

int main(int count, char** arguments) {
  if (count < 3) {
    std::cerr << "usage: follow FOLDER SCHEMA.json [PORT]\n";
    return 2;
  }
  std::ifstream schema(arguments[2]);
  if (!schema) {
    std::cerr << "follow: cannot read " << arguments[2] << "\n";
    return 1;
  }
  // Blocked before threads begin, so that sigwait alone sees them.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  follow::Follow route;  // outlives the server, which calls it
  sluice::server::Options options;
  options.folder = arguments[1];
  options.port = static_cast<std::uint16_t>(count > 3 ? std::atoi(arguments[3]) : 8090);
  options.collections = std::string(std::istreambuf_iterator<char>(schema), {});
  options.routes.push_back({"PUT", "/follow", [&route](const auto& call) { route.Run(call); }});
  auto server = sluice::server::Server::Start(std::move(options));
  if (!server.ok()) {
    std::cerr << "follow: " << server.status().message() << "\n";
    return 1;
  }
  std::cout << "http://127.0.0.1:" << (*server)->port() << std::endl;
  int signal = 0;
  sigwait(&stop, &signal);
  (*server)->Stop();
  return 0;
}
