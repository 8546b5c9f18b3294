// Logins by other providers: the parts of one login, by file.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "boost/json/object.hpp"

#include "sluice/status.h"
#include "tools/server/api/login_flow.h"
#include "tools/server/api/server_parts.h"
#include "tools/server/api/uploads.h"
#include "tools/server/http/body.h"
#include "tools/server/oauth2/providers.h"
#include "tools/server/oauth2/token.h"
#include "tools/server/oauth2/user.h"
#include "tools/server/writes/passwords.h"
#include "tools/server/writes/record.h"

namespace sluice::api {

// One login under way. Owned by whichever thread works on it.
struct OAuth2Work {
  LoginPtr login;
  store::OAuth2Provider options;  // as they were when the login began
  oauth2::Grant grant;
  boost::json::object create_data;
  oauth2::Token token;
  oauth2::User user;

  // Of a sign-up.
  bool limited = false;  // it was counted
  bool avatar_asked = false;
  std::optional<http::UploadedFile> avatar;
  writes::PasswordWork passwords;
  writes::Record prepared;
  std::unique_ptr<Uploads> uploads;

  bool is_new = false;    // the answer's `isNew`
  bool creating = false;  // what failed was the new record
  int attempts = 0;

  Call& call() const { return *login->call; }
  const Collection& collection() const { return *login->collection; }
  oauth2::Provider provider() const { return oauth2::Resolve(options); }
};
using OAuth2WorkPtr = std::shared_ptr<OAuth2Work>;

// oauth2_record.cc

// The provider has spoken: finds or makes the record, links it, and finishes the
// login. On a query thread; answers in any case.
void LogInAsUser(ServerParts& parts, const OAuth2WorkPtr& work);

// oauth2_sign_up.cc

// Whether a picture has to be fetched before the record can be made.
bool WantsAvatar(const OAuth2Work& work);
// Into `work.prepared`: the new record, checked, its files stored or lacking
//
Status PrepareSignUp(OAuth2Work& work);

// oauth2_redirect.cc

// Hands the provider's answer to the realtime client that waits.
StatusOr<http::Response> RedirectOAuth2(ServerParts& parts, Call& call);

}  // namespace sluice::api
