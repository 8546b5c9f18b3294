// What is known of each OAuth2 provider, as data: where to ask, how, and
// where the answer names the user. No provider has code of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tools/server/store/auth_options.h"

namespace sluice::oauth2 {

// What a member of a document must be. A member of the wrong JSON type makes the
// whole document unusable, whatever is asked of it.
enum class Is : std::uint8_t {
  kAnything,
  kTrue,       // a bool
  kFalse,      // a bool, or missing
  kTruthy,     // true, a number but 0, or a text that says true
  kTime,       // an RFC 3339 time in a text
  kActive,     // the text `active`
  kOne,        // the number 1
  kMailShape,  // a text of the form of an address
};

struct Condition {
  std::string_view path = {};  // empty: nothing is asked
  Is is = Is::kAnything;
};

// Where the verified address comes from when it is not in the user's document.
enum class MailList : std::uint8_t {
  kNone,
  kVerified,   // {userinfo}/emails, a list: the verified and primary one
  kConfirmed,  // {userinfo}/emails, its `values`: is_primary and is_confirmed
  kGitee,      // a list at a fixed place, when the document's own is no address
};

// Where the document of a user says what. A path is keys and positions joined by
// '.', from `root` on; with `@token.` in front it is one of the token answer; an
// `@` at its end takes what stands before the first @ of the text. A text with
// braces is a template: {path}, and {#path} for a # and the text where that is
// neither empty nor 0.
struct UserMapping {
  std::string_view root = {};
  bool root_required = false;  // an empty list there is no user
  std::string_view id = "id";
  bool id_is_number = false;  // a whole one; 0 is none
  std::string_view name = "name";
  std::string_view name_else = {};  // when `name` is empty
  std::string_view username = {};
  std::string_view email = {};
  Condition email_if = {};
  Condition email_if_too = {};
  std::string_view avatar = {};
  Condition avatar_if = {};
  Condition required = {};  // else there is no such user
  MailList mails = MailList::kNone;
};

struct Header {
  std::string_view name;
  std::string_view value;  // `{clientId}`: the configured one
};

// How the user's document is come by.
enum class UserSource : std::uint8_t {
  kUserInfo,
  kUserInfoOrIdToken,  // OpenID Connect: the claims where no URL is configured
  kApple,              // always the claims, with keys from a fixed address
};

struct ProviderSpec {
  std::string_view name;
  std::string_view auth_url;
  std::string_view token_url;
  std::string_view user_url;
  std::string_view scopes;  // joined by blanks
  bool pkce = true;
  UserSource source = UserSource::kUserInfo;
  UserMapping user = {};
  std::string_view graphql = {};  // a body to POST in place of a GET
  Header headers[3] = {};
};

// Null for a name that is no provider's.
const ProviderSpec* FindProvider(std::string_view name);
std::span<const ProviderSpec> AllProviders();

// A provider as one collection configured it; the spec's values where an option
// is empty. Points into the options it was made of.
struct Provider {
  const ProviderSpec* spec = nullptr;
  const store::OAuth2Provider* options = nullptr;

  const std::string& client_id() const { return options->client_id; }
  const std::string& client_secret() const { return options->client_secret; }
  std::string auth_url() const;
  std::string token_url() const;
  std::string user_url() const;
  std::string scopes() const;
  bool pkce() const { return options->pkce.value_or(spec->pkce); }
  // Members of `extra`; empty where they are missing or something else.
  std::string ExtraText(std::string_view key) const;
};

// Of no known name: spec is null.
Provider Resolve(const store::OAuth2Provider& options);

}  // namespace sluice::oauth2
