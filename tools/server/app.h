// The whole server: the only part that knows every other.
#pragma once

#include <memory>

#include "sluice/status.h"
#include "tools/server/config.h"

namespace sluice {

// A running server on one data folder. Destroying it stops it at once.
class App {
 public:
  // Opens the folder and listens. Fails with a message for a person.
  static StatusOr<std::unique_ptr<App>> Start(const ServerConfig& config);
  ~App();

  std::uint16_t port() const;
  // False when the folder has no superuser but the installer's (S-107).
  bool has_superuser() const;

  // Lets requests in progress finish, for at most a second (S-72).
  void Stop();

 private:
  struct Parts;
  explicit App(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// What stands beside the folder and is not run: hooks and migrations of the
// peer's JavaScript engine. Empty when there is nothing.
std::vector<std::string> FindHooks(const std::string& folder);

}  // namespace sluice
