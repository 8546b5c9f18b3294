// Who somebody is to a provider.
#pragma once

#include <string>
#include <string_view>

#include "boost/json/value.hpp"

#include "sluice/status.h"
#include "tools/server/oauth2/providers.h"

namespace sluice::oauth2 {

struct User {
  std::string id;
  std::string name;
  std::string username;
  std::string email;  // only one that the provider calls verified
  std::string avatar_url;
  std::string raw_json;  // the document, as `rawUser` shows it
};

// The user of a document. `token` is the answer to the token request, which a
// few providers put members into. `raw_json` is left empty.
StatusOr<User> ReadUser(const UserMapping& mapping, const boost::json::value& document,
                        const boost::json::value& token);

// The document with its numbers as doubles.
StatusOr<std::string> RawJson(std::string_view document);

// The verified and primary address of a list (MailList), empty when none is.
StatusOr<std::string> VerifiedAddress(MailList kind, const boost::json::value& list);

}  // namespace sluice::oauth2
