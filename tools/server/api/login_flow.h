// From a proven identity to the answer: the steps that all logins share (A-41
// to A-48). Whoever knows who it is (a password, a one-time password, an OAuth2
// provider) calls FinishLogin.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/status.h"
#include "tools/server/api/server_parts.h"
#include "tools/server/login/tokens.h"
#include "tools/server/writes/record.h"

namespace sluice::api {

// A login under way. Owned by whichever thread works on it; lost, it answers
// 500 through its call's responder.
struct Login {
  CallPtr call;
  const Collection* collection = nullptr;  // of the call's snapshot
  writes::Record record;                   // of that collection, as it is stored now
  std::string method;                      // `password`, `oauth2` or `otp`
  std::string meta;                        // JSON of the answer's `meta`; empty: none
  std::string token;                       // set by FinishLogin

  const store::AuthOptions& options() const { return call->snapshot->AuthOptionsOf(*collection); }
};
using LoginPtr = std::shared_ptr<Login>;

// The steps of A-41, MFA and login alerts included, and the answer. On a query
// thread; goes on elsewhere where it must wait.
void FinishLogin(ServerParts& parts, const LoginPtr& login);

// Steps 2 to 4 and 6 of A-41 for refreshes and impersonation, which know neither
// MFA nor alerts.
StatusOr<http::Response> AnswerWithToken(Login& login);

// The auth collection in the path, its limits asked for.
StatusOr<const Collection*> AuthCollectionInPath(ServerParts& parts, const Call& call,
                                                 std::vector<std::string_view> tags);

// The collection in the path, which the caller is a record of.
StatusOr<const Collection*> OwnCollectionInPath(ServerParts& parts, const Call& call,
                                                std::vector<std::string_view> tags);

// Reads the record anew, after a write. kNotFound when it is gone.
Status ReloadRecord(Login& login);

// Runs `job` on a thread for passwords; 503 when too many wait. A client that
// has left is not worked for.
Status OnHashThread(ServerParts& parts, const CallPtr& call, std::function<void()> job);

}  // namespace sluice::api
