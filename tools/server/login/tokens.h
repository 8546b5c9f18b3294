// Tokens of records: made, and led back to their records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/snapshot.h"
#include "tools/server/writes/record.h"

namespace sluice::login {

enum class TokenKind : std::uint8_t { kAuth, kFile, kVerification, kPasswordReset, kEmailChange };

struct TokenRequest {
  TokenKind kind = TokenKind::kAuth;
  std::int64_t now_millis = 0;
  std::int64_t duration = 0;  // seconds; 0: the collection's
  bool refreshable = true;    // kAuth
  std::string new_email;      // kEmailChange
};

// Empty when it cannot be signed.
std::string MakeToken(const store::AuthOptions& options, const writes::Record& record,
                      const TokenRequest& request);

// The record that a token of that kind stands for; nothing when the token is
// malformed, expired, of another kind, wrongly signed, or its record is gone.
StatusOr<std::optional<writes::Record>> RecordOfToken(const store::Snapshot& snapshot,
                                                      store::Connection& connection,
                                                      std::string_view token, TokenKind kind,
                                                      std::int64_t now_millis);

// A claim that is a text, before anything is verified; else empty.
std::string UnverifiedText(std::string_view token, std::string_view claim);

// Whether the auth token in the header may be exchanged for a new one.
bool IsRefreshable(std::string_view token);

}  // namespace sluice::login
