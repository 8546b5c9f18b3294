// Who is asking. The one type that features and authentication share.
#pragma once

#include <string>

namespace sluice::auth {

// The record that a valid token stands for; a guest has none. The key that
// signed the token is not part of it, so it cannot reach an answer or a log.
struct Principal {
  bool superuser = false;
  std::string collection_id;
  std::string collection_name;
  std::string record_id;
  std::string email;
  bool email_visibility = false;
  bool verified = false;
};

}  // namespace sluice::auth
