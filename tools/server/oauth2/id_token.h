// Identity tokens: JWTs that a provider signed with a key of its key set
// (A-122 to A-124; RFC 7515, 7517, 8037).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "boost/json/object.hpp"
#include "boost/json/value.hpp"

#include "sluice/status.h"

namespace sluice::oauth2 {

struct IdToken {
  boost::json::object header;
  boost::json::object claims;
  std::string payload;  // the claims' text
  std::string signed_part;
  std::string signature;  // decoded
};

// Reads a token without believing it. Its `alg` must be one that JWTs know, and
// exp, nbf and iat numbers where they are there.
StatusOr<IdToken> ParseIdToken(std::string_view token);

// exp, nbf and iat, where they are there.
Status CheckTimes(const boost::json::object& claims, double now, double leeway);

// `aud` is the text, or a list with it.
Status CheckAudience(const boost::json::object& claims, std::string_view client_id);

// `iss` is one of them.
Status CheckIssuer(const boost::json::object& claims, const std::vector<std::string>& issuers);

// Whether the token was signed by the key of the set that its `kid` names: the
// first with that kid and an alg, which must be the token's; RSA or Ed25519.
// Then exp and nbf hold without any leeway.
Status CheckSignature(const IdToken& token, const boost::json::value& key_set, double now);

// Seconds that clocks may differ by: 300, or what PB_ID_TOKEN_LEEWAY says.
double Leeway();

}  // namespace sluice::oauth2
