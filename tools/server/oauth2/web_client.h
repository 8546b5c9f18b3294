// HTTP to other servers, by libcurl: providers, and the pictures of their users.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/status.h"

namespace sluice::oauth2 {

struct WebRequest {
  std::string url;
  // Not empty: a POST of that type.
  std::string content_type = {};
  std::string body = {};
  // As Basic credentials, already encoded; both empty: none.
  std::string user = {};
  std::string password = {};
  // Never goes to another host, scheme or port, whatever redirects say.
  std::string authorization = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool follow_redirects = false;
  // What is more is not read, and `cut` tells.
  std::size_t body_max = std::size_t{1} << 20U;
};

struct WebAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
  bool cut = false;
};

// How long all requests of one purpose may take together.
struct Budget {
  std::chrono::steady_clock::time_point end;
  std::function<bool()> abandoned;  // nobody waits any more; may be empty

  bool over() const {
    return std::chrono::steady_clock::now() >= end || (abandoned && abandoned());
  }
};

// kPublic: no address of this machine, of a private network, link-local or
// multicast, whatever a name resolves to and wherever a redirect leads; and no
// proxy, which would connect for us.
enum class Reach : std::uint8_t { kAnywhere, kPublic };

// One conversation: keeps its connections. One thread at a time.
class WebClient {
 public:
  explicit WebClient(Reach reach);
  ~WebClient();
  WebClient(const WebClient&) = delete;
  WebClient& operator=(const WebClient&) = delete;

  // An answer of any status. kUnavailable when there is none in time.
  StatusOr<WebAnswer> Send(const WebRequest& request, const Budget& budget);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  Reach reach_;
};

// Whether the address (4 or 16 bytes, in network order) is one of the public
// internet.
bool IsPublicAddress(std::span<const std::uint8_t> address);

// `a=1&b=x+y`: pairs in their order, escaped as forms are.
std::string FormEncode(const std::vector<std::pair<std::string, std::string>>& pairs);
std::string FormEscape(std::string_view text);

}  // namespace sluice::oauth2
