// Compact JWTs signed with HS256. Knows no records and no keys:
// the caller finds the key by the claims and decides what the token is good for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "boost/json/object.hpp"

namespace sluice::auth {

// What a token says of itself, not to be believed before VerifySignature.
struct Claims {
  std::string id;
  std::string collection_id;
  std::string type;
  // Seconds since 1970. Absent means no limit; a claim of 0 counts as absent.
  std::optional<double> expires;
  std::optional<double> not_before;
  std::optional<double> issued_at;
  // All claims, these included.
  boost::json::object all;
};

// Reads a token without checking its signature. None when it does not have
// exactly three segments of unpadded base64url, when its header is no JSON
// object whose `alg` is exactly HS256, when `id`, `collectionId` or `type` is
// not a non-empty string, or when exp, nbf or iat is there and no number.
std::optional<Claims> ParseClaims(std::string_view token);

// The claims of a token of any algorithm and kind, verified by nobody; none when
// its payload is no JSON object.
std::optional<boost::json::object> UnverifiedClaims(std::string_view token);

// Whether the signature of `token` is the HMAC-SHA256 of its first two segments
// under `key`. The comparison takes the same time wherever they differ. An empty
// key verifies nothing.
bool VerifySignature(std::string_view token, std::string_view key);

// Whether the claims hold at `now`, in seconds since 1970: before exp,
// at or after nbf and iat, each cut to whole seconds; no leeway.
bool HoldsAt(const Claims& claims, double now);

// A token with these claims in the given order. Numbers are written by R-22.
std::string SignToken(const boost::json::object& claims, std::string_view key);

// base64url without padding, as the segments of a token are.
std::string Base64Url(std::string_view bytes);
// The bytes again. None for padding, foreign characters, or a length that no
// bytes have.
std::optional<std::string> FromBase64Url(std::string_view text);

// The token in an Authorization header: what follows "Bearer " in any case, or
// the whole value.
std::string_view TokenOf(std::string_view authorization);

}  // namespace sluice::auth
