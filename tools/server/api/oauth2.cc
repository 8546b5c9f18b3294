// POST auth-with-oauth2: the body, and the conversation with the provider.
// Tested by tests/conformance (`auth`) and tests/server/oauth2_flow_test.cc.
#include "tools/server/api/oauth2.h"

#include <algorithm>

#include "tools/server/http/api_error.h"
#include "tools/server/login/form.h"
#include "tools/server/oauth2/fetch_user.h"

namespace sluice::api {
namespace {

constexpr std::chrono::seconds kProviderPatience(30);
constexpr std::size_t kProviderBytesMax = 100;
constexpr std::string_view kLoadMessage = "An error occurred while loading the submitted data.";

Status CheckEnabled(const Login& login) {
  if (login.options().oauth2_enabled && login.collection->name != "_superusers")
    return absl::OkStatus();
  return ApiStatus(403, "The collection is not configured to allow OAuth2 authentication.");
}

const store::OAuth2Provider* FindConfigured(const store::AuthOptions& options,
                                            std::string_view name) {
  const auto found =
      std::find_if(options.providers.begin(), options.providers.end(),
                   [name](const store::OAuth2Provider& one) { return one.name == name; });
  if (found == options.providers.end() || oauth2::FindProvider(name) == nullptr) return nullptr;
  return &*found;
}

// A-79, with the message of A-9.
Status ReadForm(OAuth2Work& work) {
  SLUICE_ASSIGN_OR_RETURN(const login::Form form, login::Form::Read(work.call().request));
  SLUICE_ASSIGN_OR_RETURN(const std::string name, form.Text("provider"));
  SLUICE_ASSIGN_OR_RETURN(work.grant.code, form.Text("code"));
  SLUICE_ASSIGN_OR_RETURN(work.grant.code_verifier, form.Text("codeVerifier"));
  SLUICE_ASSIGN_OR_RETURN(work.grant.redirect_url, form.Text("redirectURL"));
  SLUICE_ASSIGN_OR_RETURN(work.create_data, form.Object("createData"));
  login::Mistakes mistakes;
  mistakes.Required("provider", name);
  mistakes.Length("provider", name, 0, kProviderBytesMax);
  const store::OAuth2Provider* provider = FindConfigured(work.login->options(), name);
  if (provider == nullptr) {
    mistakes.Add("provider", "validation_invalid_provider",
                 "Provider with name " + name + " is missing or is not enabled.", {{"name", name}});
  } else {
    work.options = *provider;
  }
  mistakes.Required("code", work.grant.code);
  return mistakes.ToStatus(std::string(kLoadMessage));
}

// On a thread of the pool. Whoever fails answers.
void Converse(ServerParts& parts, const OAuth2WorkPtr& work,
              std::chrono::steady_clock::time_point end) {
  Call& call = work->call();
  const oauth2::Budget budget{end, [&parts, &call] {
                                return call.request.cancelled.IsCancelled() ||
                                       parts.fetches->stopping();
                              }};
  const oauth2::Provider provider = work->provider();
  oauth2::WebClient client(oauth2::Reach::kAnywhere);
  oauth2::TokenSource tokens(provider, client, budget);
  const auto refuse = [&](std::string_view what, const Status& status) {
    parts.log.Failure(observe::LogLevel::kInfo, what, status, provider.spec->name);
    parts.Answer(call, ApiStatus(400, std::string(what)));
  };
  StatusOr<oauth2::Token> token = tokens.Exchange(work->grant);
  if (!token.ok()) return refuse("Failed to fetch OAuth2 token.", token.status());
  work->token = *std::move(token);
  StatusOr<oauth2::User> user = oauth2::FetchUser({provider, client, budget, tokens}, work->token);
  if (!user.ok()) return refuse("Failed to fetch OAuth2 user.", user.status());
  work->user = *std::move(user);
  parts.Resume(work->login->call,
               [work](ServerParts& resumed, const CallPtr&) { LogInAsUser(resumed, work); });
}

Status WithOAuth2(ServerParts& parts, const CallPtr& call) {
  auto work = std::make_shared<OAuth2Work>();
  work->uploads = std::make_unique<Uploads>(parts);
  work->login = std::make_shared<Login>();
  work->login->call = call;
  work->login->method = "oauth2";
  SLUICE_ASSIGN_OR_RETURN(work->login->collection,
                          AuthCollectionInPath(parts, *call, {"authWithOAuth2", "auth"}));
  SLUICE_RETURN_IF_ERROR(CheckEnabled(*work->login));
  SLUICE_RETURN_IF_ERROR(ReadForm(*work));
  const auto end = std::chrono::steady_clock::now() + kProviderPatience;
  const bool queued = parts.fetches->Submit([&parts, work, end] { Converse(parts, work, end); });
  return queued ? absl::OkStatus() : ApiStatus(503, "The server is busy, try again later.");
}

}  // namespace

void AddOAuth2Routes(ServerParts& parts, http::Router& router) {
  router.Add("POST", "/api/collections/{collection}/auth-with-oauth2",
             parts.OnQueryThreadLater(&WithOAuth2, RateLimit::kByHandler));
  router.Add("GET", "/api/oauth2-redirect", parts.OnQueryThread(&RedirectOAuth2));
  router.Add("POST", "/api/oauth2-redirect", parts.OnQueryThread(&RedirectOAuth2));
}

}  // namespace sluice::api
