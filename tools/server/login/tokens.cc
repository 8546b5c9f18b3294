// Tested by tests/server/login_tokens_test.cc.
#include "tools/server/login/tokens.h"

#include <cmath>

#include "tools/server/auth/token.h"

namespace sluice::login {
namespace {

std::string_view TypeOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kAuth:
      return "auth";
    case TokenKind::kFile:
      return "file";
    case TokenKind::kVerification:
      return "verification";
    case TokenKind::kPasswordReset:
      return "passwordReset";
    case TokenKind::kEmailChange:
      return "emailChange";
  }
  return "";
}

const store::TokenOption& OptionOf(const store::AuthOptions& options, TokenKind kind) {
  switch (kind) {
    case TokenKind::kAuth:
      return options.auth_token;
    case TokenKind::kFile:
      return options.file_token;
    case TokenKind::kVerification:
      return options.verification_token;
    case TokenKind::kPasswordReset:
      return options.password_reset_token;
    case TokenKind::kEmailChange:
      return options.email_change_token;
  }
  return options.auth_token;
}

// Tokens of the mailed kinds name the address that they were made for.
bool NamesEmail(TokenKind kind) { return kind != TokenKind::kAuth && kind != TokenKind::kFile; }

// The key of A-24; empty where either half is missing, which signs nothing.
std::string KeyOf(const store::AuthOptions& options, const writes::Record& record, TokenKind kind) {
  const std::string& own = record.Get("tokenKey").text;
  const std::string& secret = OptionOf(options, kind).secret;
  return own.empty() || secret.empty() ? std::string() : own + secret;
}

}  // namespace

std::string MakeToken(const store::AuthOptions& options, const writes::Record& record,
                      const TokenRequest& request) {
  const std::string key = KeyOf(options, record, request.kind);
  if (key.empty()) return "";
  const std::int64_t duration =
      request.duration != 0 ? request.duration : OptionOf(options, request.kind).duration;
  boost::json::object claims;
  claims["collectionId"] = record.collection->id;
  if (NamesEmail(request.kind)) claims["email"] = record.Get("email").text;
  claims["exp"] =
      std::floor(static_cast<double>(request.now_millis) / 1000) + static_cast<double>(duration);
  claims["id"] = record.id();
  if (request.kind == TokenKind::kEmailChange) claims["newEmail"] = request.new_email;
  if (request.kind == TokenKind::kAuth) claims["refreshable"] = request.refreshable;
  claims["type"] = TypeOf(request.kind);
  return auth::SignToken(claims, key);
}

StatusOr<std::optional<writes::Record>> RecordOfToken(const store::Snapshot& snapshot,
                                                      store::Connection& connection,
                                                      std::string_view token, TokenKind kind,
                                                      std::int64_t now_millis) {
  const std::optional<auth::Claims> claims = auth::ParseClaims(token);
  if (!claims || claims->type != TypeOf(kind) ||
      !auth::HoldsAt(*claims, static_cast<double>(now_millis) / 1000))
    return std::nullopt;
  const Collection* collection = snapshot.schema->Find(claims->collection_id);
  if (collection == nullptr || !collection->is_auth()) return std::nullopt;
  SLUICE_ASSIGN_OR_RETURN(std::optional<writes::Record> record,
                          writes::FindRecord(connection, *collection, claims->id));
  if (!record) return std::nullopt;
  const std::string key = KeyOf(snapshot.AuthOptionsOf(*collection), *record, kind);
  if (key.empty() || !auth::VerifySignature(token, key)) return std::nullopt;
  return record;
}

std::string UnverifiedText(std::string_view token, std::string_view claim) {
  const std::optional<boost::json::object> claims = auth::UnverifiedClaims(token);
  const boost::json::value* value =
      claims ? claims->if_contains({claim.data(), claim.size()}) : nullptr;
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool IsRefreshable(std::string_view token) {
  const std::optional<boost::json::object> claims = auth::UnverifiedClaims(token);
  const boost::json::value* value = claims ? claims->if_contains("refreshable") : nullptr;
  if (value == nullptr) return false;
  if (value->is_bool()) return value->get_bool();
  if (value->is_number()) return value->to_number<double>() != 0;
  if (!value->is_string()) return false;
  const std::string_view text = value->get_string();
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  return false;
}

}  // namespace sluice::login
