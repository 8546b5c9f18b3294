// Answers that send a client elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/server/http/handler.h"

namespace sluice::http {

// 307 to that path of this server, the query kept (S-74).
Response RedirectToPath(std::string_view path, const Request& head);

// Sends everybody to the same place on HTTPS (S-105): GET and HEAD by 302,
// others are told 400, as their body is not to be sent twice.
class HttpsRedirect : public Service {
 public:
  // `port`: where HTTPS is spoken.
  explicit HttpsRedirect(std::uint16_t port) : port_(port) {}
  Admission Admit(Request& head) const override;

 private:
  std::uint16_t port_;
};

}  // namespace sluice::http
