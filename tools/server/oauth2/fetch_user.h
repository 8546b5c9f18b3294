// From a token to the user it stands for: userinfo, lists of addresses, identity
// tokens.
#pragma once

#include "sluice/status.h"
#include "tools/server/oauth2/providers.h"
#include "tools/server/oauth2/token.h"
#include "tools/server/oauth2/user.h"
#include "tools/server/oauth2/web_client.h"

namespace sluice::oauth2 {

// All that one conversation with a provider works with.
struct Conversation {
  const Provider& provider;
  WebClient& client;
  const Budget& budget;
  TokenSource& tokens;
};

StatusOr<User> FetchUser(const Conversation& conversation, const Token& token);

// One picture; only from public addresses, at most 32 MiB of it.
struct Picture {
  std::string file_name;  // the last piece of the URL's path
  std::string content;
};
StatusOr<Picture> FetchPicture(const std::string& url, const std::function<bool()>& abandoned);

}  // namespace sluice::oauth2
