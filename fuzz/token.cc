// Tokens: nothing but our own signature is believed, whatever the header says.
//
// An input: a token; or, behind a `{`, the claims of one that we sign.
#include "tools/server/auth/token.h"

#include <string>

#include "boost/json/parse.hpp"

#include "fuzz/target.h"
#include "tools/server/http/json_text.h"
#include "tools/server/oauth2/id_token.h"

namespace sluice::fuzz {
namespace {

constexpr std::size_t kInputBytesMax = 4096;
constexpr std::string_view kKey = "a key of the collection and the record";

void CheckOurs(const boost::json::object& claims) {
  const std::string token = auth::SignToken(claims, kKey);
  if (!auth::VerifySignature(token, kKey)) Broken("our own token is not believed", token);
  if (auth::VerifySignature(token, std::string(kKey) + "x") || auth::VerifySignature(token, ""))
    Broken("a token of another key is believed", token);
  std::string changed = token;
  const std::size_t at = token.find('.') + 1;
  changed[at] = changed[at] == 'A' ? 'B' : 'A';
  if (auth::VerifySignature(changed, kKey)) Broken("a changed token is believed", changed);
  if (const auto parsed = auth::ParseClaims(token)) {
    if (parsed->id.empty() || parsed->collection_id.empty() || parsed->type.empty())
      Broken("claims without their names", token);
    (void)auth::HoldsAt(*parsed, 1.7e9);
    Count("claims read");
  }
}

// Only bits of the last character that no byte needs may differ (A-30).
void CheckBase64(std::string_view text) {
  const auto bytes = auth::FromBase64Url(text);
  if (!bytes) return;
  const std::string again = auth::Base64Url(*bytes);
  const std::size_t used = text.size() % 4 == 0 ? text.size() : text.size() - 1;
  if (again.size() != text.size() || again.compare(0, used, text, 0, used) != 0 ||
      auth::FromBase64Url(again) != bytes)
    Broken("two texts are the same bytes", text);
  Count("base64 read");
}

}  // namespace

void Token(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  if (!input.empty() && input[0] == '{') {
    const auto claims = http::ParseJson(input, http::JsonTail::kMustBeBlank);
    if (claims.ok() && claims->is_object()) CheckOurs(claims->get_object());
    return;
  }
  const std::string_view token = auth::TokenOf(input);
  (void)auth::ParseClaims(token);
  (void)auth::UnverifiedClaims(token);
  // Nobody guesses 256 bits.
  if (auth::VerifySignature(token, kKey)) Broken("a token of nobody is believed", token);
  CheckBase64(token);
  static const boost::json::value kKeys = boost::json::parse(
      R"({"keys":[{"kid":"a","alg":"RS256","kty":"RSA","n":"sXch","e":"AQAB"},
                  {"kid":"b","alg":"EdDSA","kty":"OKP","crv":"Ed25519",
                   "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
  if (const auto parsed = oauth2::ParseIdToken(token); parsed.ok()) {
    Count("identity tokens read");
    if (oauth2::CheckSignature(*parsed, kKeys, 1.7e9).ok())
      Broken("an identity token of nobody is believed", token);
    (void)oauth2::CheckTimes(parsed->claims, 1.7e9, 300);
    (void)oauth2::CheckAudience(parsed->claims, "client");
    (void)oauth2::CheckIssuer(parsed->claims, {"https://issuer"});
  }
}

}  // namespace sluice::fuzz
