// Signatures by OpenSSL's EVP. Tested by tests/server/oauth2_id_token_test.cc
// with the vectors of the RFCs.
#include "tools/server/oauth2/id_token.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>

#include "openssl/bn.h"
#include "openssl/core_names.h"
#include "openssl/evp.h"
#include "openssl/param_build.h"
#include "openssl/rsa.h"

#include "tools/server/auth/token.h"
#include "tools/server/oauth2/document.h"

namespace sluice::oauth2 {
namespace {

constexpr std::size_t kTokenBytesMax = 65536;
constexpr double kLeeway = 300;
// Shorter ones are worth nothing, longer ones cost time.
constexpr int kRsaBitsMin = 1024;
constexpr int kRsaBitsMax = 16384;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<&EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<&EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<&EVP_MD_CTX_free>>;
using Big = std::unique_ptr<BIGNUM, Deleter<&BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<&OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Deleter<&OSSL_PARAM_free>>;

struct Algorithm {
  std::string_view name;
  std::string_view key_type;  // empty: known, and never verified
  const char* digest = nullptr;
  bool pss = false;
};

constexpr Algorithm kAlgorithms[] = {
    {"RS256", "RSA", "SHA256"},
    {"RS384", "RSA", "SHA384"},
    {"RS512", "RSA", "SHA512"},
    {"PS256", "RSA", "SHA256", true},
    {"PS384", "RSA", "SHA384", true},
    {"PS512", "RSA", "SHA512", true},
    {"EdDSA", "OKP"},
    {"HS256", ""},
    {"HS384", ""},
    {"HS512", ""},
    {"ES256", ""},
    {"ES384", ""},
    {"ES512", ""},
    {"none", ""},
};

const Algorithm* FindAlgorithm(std::string_view name) {
  const auto found = std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                                  [name](const Algorithm& one) { return one.name == name; });
  return found == std::end(kAlgorithms) ? nullptr : &*found;
}

Status Refused(std::string_view why) {
  return absl::PermissionDeniedError("identity token: " + std::string(why));
}

std::string_view Text(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value =
      object.if_contains(boost::json::string_view(key.data(), key.size()));
  if (value == nullptr || !value->is_string()) return {};
  return std::string_view(value->get_string());
}

// Whole seconds; none when it is missing or 0, as for tokens of our own.
std::optional<double> Date(const boost::json::object& claims, std::string_view key) {
  const boost::json::value* value =
      claims.if_contains(boost::json::string_view(key.data(), key.size()));
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double date = std::trunc(value->to_number<double>());
  return date == 0 ? std::nullopt : std::optional<double>(date);
}

StatusOr<boost::json::object> Segment(std::string_view text) {
  const std::optional<std::string> decoded = auth::FromBase64Url(text);
  if (!decoded) return Refused("no base64url");
  SLUICE_ASSIGN_OR_RETURN(boost::json::value value, ParseDocument(*decoded));
  if (!value.is_object()) return Refused("no JSON object");
  return std::move(value.get_object());
}

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Big Number(const boost::json::object& jwk, std::string_view member) {
  const std::optional<std::string> bytes = auth::FromBase64Url(Text(jwk, member));
  if (!bytes || bytes->empty() || bytes->size() > kRsaBitsMax / 8) return nullptr;
  return Big(BN_bin2bn(Bytes(*bytes), static_cast<int>(bytes->size()), nullptr));
}

Key RsaKey(const boost::json::object& jwk) {
  const Big n = Number(jwk, "n");
  const Big e = Number(jwk, "e");
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder || BN_num_bits(n.get()) < kRsaBitsMin || BN_num_bits(e.get()) > 64 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return Key(key);
}

Key Ed25519Key(const boost::json::object& jwk) {
  const std::optional<std::string> point = auth::FromBase64Url(Text(jwk, "x"));
  if (Text(jwk, "crv") != "Ed25519" || !point) return nullptr;
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(*point), point->size()));
}

bool Verify(EVP_PKEY* key, const Algorithm& algorithm, const IdToken& token) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* details = nullptr;
  if (!context || EVP_DigestVerifyInit_ex(context.get(), &details, algorithm.digest, nullptr,
                                          nullptr, key, nullptr) != 1)
    return false;
  // RFC 7518 3.5: the salt is as long as the digest.
  if (algorithm.pss && (EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) != 1 ||
                        EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) != 1))
    return false;
  return EVP_DigestVerify(context.get(), Bytes(token.signature), token.signature.size(),
                          Bytes(token.signed_part), token.signed_part.size()) == 1;
}

StatusOr<const boost::json::object*> KeyOf(const boost::json::value& key_set,
                                           std::string_view kid) {
  SLUICE_ASSIGN_OR_RETURN(const boost::json::value* keys, Find(key_set, "keys"));
  if (keys == nullptr || !keys->is_array()) return Refused("no key set");
  for (const boost::json::value& key : keys->get_array()) {
    if (key.is_object() && Text(key.get_object(), "kid") == kid &&
        !Text(key.get_object(), "alg").empty())
      return &key.get_object();
  }
  return Refused("no such key");
}

Status CheckDates(const boost::json::object& claims, double now, double leeway, bool issued) {
  const std::optional<double> expires = Date(claims, "exp");
  if (expires && now >= *expires + leeway) return Refused("it is over");
  const std::optional<double> begins = Date(claims, "nbf");
  if (begins && now < *begins - leeway) return Refused("it has not begun");
  const std::optional<double> made = issued ? Date(claims, "iat") : std::nullopt;
  if (made && now < *made - leeway) return Refused("it comes from the future");
  return absl::OkStatus();
}

}  // namespace

StatusOr<IdToken> ParseIdToken(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? first : token.find('.', first + 1);
  if (token.size() > kTokenBytesMax || second == token.npos ||
      token.find('.', second + 1) != token.npos)
    return Refused("not three segments");
  IdToken parsed;
  SLUICE_ASSIGN_OR_RETURN(parsed.header, Segment(token.substr(0, first)));
  const std::string_view payload = token.substr(first + 1, second - first - 1);
  SLUICE_ASSIGN_OR_RETURN(parsed.claims, Segment(payload));
  parsed.payload = *auth::FromBase64Url(payload);
  parsed.signed_part = std::string(token.substr(0, second));
  const std::optional<std::string> signature = auth::FromBase64Url(token.substr(second + 1));
  if (!signature) return Refused("no base64url");
  parsed.signature = *signature;
  if (FindAlgorithm(Text(parsed.header, "alg")) == nullptr) return Refused("unknown algorithm");
  for (const char* name : {"exp", "nbf", "iat"}) {
    const boost::json::value* date = parsed.claims.if_contains(name);
    if (date != nullptr && !date->is_null() && !date->is_number()) return Refused("no date");
  }
  return parsed;
}

Status CheckTimes(const boost::json::object& claims, double now, double leeway) {
  return CheckDates(claims, now, leeway, true);
}

Status CheckAudience(const boost::json::object& claims, std::string_view client_id) {
  const boost::json::value* audience = claims.if_contains("aud");
  if (client_id.empty() || audience == nullptr) return Refused("of no audience");
  if (Text(claims, "aud") == client_id) return absl::OkStatus();
  if (audience->is_array()) {
    for (const boost::json::value& one : audience->get_array()) {
      if (one.is_string() && std::string_view(one.get_string()) == client_id)
        return absl::OkStatus();
    }
  }
  return Refused("of another audience");
}

Status CheckIssuer(const boost::json::object& claims, const std::vector<std::string>& issuers) {
  const std::string_view issuer = Text(claims, "iss");
  if (!issuer.empty() && std::find(issuers.begin(), issuers.end(), issuer) != issuers.end())
    return absl::OkStatus();
  return Refused("of another issuer");
}

Status CheckSignature(const IdToken& token, const boost::json::value& key_set, double now) {
  const std::string_view kid = Text(token.header, "kid");
  if (kid.empty()) return Refused("names no key");
  SLUICE_ASSIGN_OR_RETURN(const boost::json::object* jwk, KeyOf(key_set, kid));
  const std::string_view name = Text(*jwk, "alg");
  const Algorithm* algorithm = FindAlgorithm(name);
  if (Text(token.header, "alg") != name || algorithm == nullptr || algorithm->key_type.empty() ||
      Text(*jwk, "kty") != algorithm->key_type)
    return Refused("key and token do not fit");
  const Key key = algorithm->key_type == "RSA" ? RsaKey(*jwk) : Ed25519Key(*jwk);
  if (!key || !Verify(key.get(), *algorithm, token)) return Refused("wrong signature");
  return CheckDates(token.claims, now, 0, false);
}

double Leeway() {
  const char* text = std::getenv("PB_ID_TOKEN_LEEWAY");
  if (text == nullptr) return kLeeway;
  const std::string_view digits = text;
  int seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && seconds >= 0 ? seconds : kLeeway;
}

}  // namespace sluice::oauth2
