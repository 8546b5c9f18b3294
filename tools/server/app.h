// The whole server: the only part that knows every other.
#pragma once

#include <functional>
#include <memory>

#include "sluice/status.h"
#include "tools/server/config.h"

namespace sluice {

namespace api {
struct ServerParts;
}
namespace http {
class Router;
}

// A running server on one data folder. Destroying it stops it at once.
class App {
 public:
  // Adds routes, and does what is to be done before the first request.
  using Extend = std::function<Status(api::ServerParts&, http::Router&)>;

  // Opens the folder and listens. Fails with a message for a person. `extend`
  // may be null.
  static StatusOr<std::unique_ptr<App>> Start(const ServerConfig& config,
                                              const Extend& extend = nullptr);
  ~App();

  // Where the API is served; with TLS that is the port of HTTPS.
  std::uint16_t port() const;
  // Where clients are sent to HTTPS; 0: nowhere.
  std::uint16_t redirect_port() const;
  // False when the folder has no superuser but the installer's (S-107).
  bool has_superuser() const;

  // Where figures are read; 0: nowhere.
  std::uint16_t metrics_port() const;

  // Reads the files of the certificate again, in case they were replaced. When
  // they cannot be used the log says so and the old ones stay.
  void ReloadCertificate();

  // Lets requests in progress finish, for as long as the configuration says. Where
  // another process listens, too, it gets all new ones first.
  void Stop();

 private:
  struct Parts;
  explicit App(std::unique_ptr<Parts> parts);
  Status Listen(std::shared_ptr<http::Router> router);
  std::unique_ptr<Parts> parts_;
};

// What stands beside the folder and is not run: hooks and migrations of the
// peer's JavaScript engine. Empty when there is nothing.
std::vector<std::string> FindHooks(const std::string& folder);

}  // namespace sluice
