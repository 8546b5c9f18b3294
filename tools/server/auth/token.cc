// JWT framing, base64url, and HMAC by OpenSSL. Tested by token_test.cc.
#include "tools/server/auth/token.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "openssl/crypto.h"
#include "openssl/evp.h"
#include "openssl/params.h"

#include "sluice/strings.h"
#include "sluice/thread_owned.h"
#include "tools/server/http/json_escape.h"
#include "tools/server/http/json_text.h"

namespace sluice::auth {
namespace {

namespace json = boost::json;

// Far above every token this server makes; bounds what a guest can have parsed.
constexpr std::size_t kTokenBytesMax = 65536;
constexpr std::size_t kMacBytes = 32;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

using Mac = std::array<unsigned char, kMacBytes>;

constexpr std::array<std::int8_t, 256> MakeDigits() {
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return digits;
}
constexpr std::array<std::int8_t, 256> kDigits = MakeDigits();

void AppendBase64(std::string& out, std::string_view bytes) {
  std::size_t at = out.size();
  out.resize(at + (bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6;) {
      count -= 6;
      out[at++] = kAlphabet[(bits >> count) & 63U];
    }
  }
  if (count != 0) {
    out[at] = kAlphabet[(bits << (6 - count)) & 63U];
  }
}

// None for padding, foreign characters, or a length that no bytes have. Bits
// beyond the last byte are not looked at.
std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 == 1) {
    return std::nullopt;
  }
  std::string out(text.size() * 3 / 4, '\0');
  std::size_t at = 0;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::int8_t digit = kDigits[static_cast<unsigned char>(c)];
    if (digit < 0) {
      return std::nullopt;
    }
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[at++] = static_cast<char>((bits >> count) & 255U);
    }
  }
  return out;
}

struct Segments {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // "header.payload"
};

std::optional<Segments> Split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (token.size() > kTokenBytesMax || second == std::string_view::npos ||
      token.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return Segments{token.substr(0, first), token.substr(first + 1, second - first - 1),
                  token.substr(second + 1), token.substr(0, second)};
}

std::optional<json::object> DecodeObject(std::string_view segment) {
  const auto text = DecodeBase64(segment);
  if (!text) {
    return std::nullopt;
  }
  auto value = http::ParseJson(*text, http::JsonTail::kMustBeBlank);
  if (!value.ok() || !value->is_object()) {
    return std::nullopt;
  }
  return std::move(value->get_object());
}

std::string TextClaim(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) {
    return {};
  }
  return {value->get_string().data(), value->get_string().size()};
}

// Reads a time claim into `time`; false when it is there and no number.
bool TimeClaim(const json::object& claims, std::string_view name, std::optional<double>& time) {
  const json::value* value = claims.if_contains({name.data(), name.size()});
  if (value == nullptr) {
    return true;
  }
  if (!value->is_double()) {
    return false;
  }
  if (value->get_double() != 0) {
    time = std::trunc(value->get_double());
  }
  return true;
}

// OpenSSL looks an algorithm up by its name, which takes longer than a MAC of a
// token: so each thread does that once.
class HmacMaker {
 public:
  HmacMaker() {
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    context_ = algorithm == nullptr ? nullptr : EVP_MAC_CTX_new(algorithm);
    EVP_MAC_free(algorithm);
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                                 OSSL_PARAM_construct_end()};
    if (context_ != nullptr && EVP_MAC_CTX_set_params(context_, params) != 1) {
      EVP_MAC_CTX_free(std::exchange(context_, nullptr));
    }
  }
  ~HmacMaker() { EVP_MAC_CTX_free(context_); }
  HmacMaker(const HmacMaker&) = delete;
  HmacMaker& operator=(const HmacMaker&) = delete;

  std::optional<Mac> Make(std::string_view key, std::string_view text) {
    Mac mac{};
    std::size_t size = 0;
    const auto* const key_bytes = reinterpret_cast<const unsigned char*>(key.data());
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    if (context_ == nullptr || key.empty() ||
        EVP_MAC_init(context_, key_bytes, key.size(), nullptr) != 1 ||
        EVP_MAC_update(context_, bytes, text.size()) != 1 ||
        EVP_MAC_final(context_, mac.data(), &size, mac.size()) != 1 || size != mac.size()) {
      return std::nullopt;
    }
    return mac;
  }

 private:
  EVP_MAC_CTX* context_;
};

std::optional<Mac> HmacSha256(std::string_view key, std::string_view text) {
  return ThreadOwned<HmacMaker>().Make(key, text);
}

// Nearly every token's, so it need not be read.
constexpr std::string_view kOwnHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

bool IsHs256(std::string_view header) {
  if (header == kOwnHeader) {
    return true;
  }
  const auto object = DecodeObject(header);
  return object && TextClaim(*object, "alg") == "HS256";
}

}  // namespace

std::optional<Claims> ParseClaims(std::string_view token) {
  const auto segments = Split(token);
  if (!segments || !DecodeBase64(segments->signature)) {
    return std::nullopt;
  }
  auto payload = DecodeObject(segments->payload);
  if (!payload || !IsHs256(segments->header)) {
    return std::nullopt;
  }
  Claims claims;
  claims.id = TextClaim(*payload, "id");
  claims.collection_id = TextClaim(*payload, "collectionId");
  claims.type = TextClaim(*payload, "type");
  if (claims.id.empty() || claims.collection_id.empty() || claims.type.empty() ||
      !TimeClaim(*payload, "exp", claims.expires) ||
      !TimeClaim(*payload, "nbf", claims.not_before) ||
      !TimeClaim(*payload, "iat", claims.issued_at)) {
    return std::nullopt;
  }
  claims.all = *std::move(payload);
  return claims;
}

std::optional<json::object> UnverifiedClaims(std::string_view token) {
  const auto segments = Split(token);
  return segments ? DecodeObject(segments->payload) : std::nullopt;
}

bool VerifySignature(std::string_view token, std::string_view key) {
  const auto segments = Split(token);
  if (!segments || key.empty()) {
    return false;
  }
  const auto signature = DecodeBase64(segments->signature);
  const auto expected = HmacSha256(key, segments->signed_text);
  return signature && expected && signature->size() == expected->size() &&
         CRYPTO_memcmp(signature->data(), expected->data(), expected->size()) == 0;
}

bool HoldsAt(const Claims& claims, double now) {
  return (!claims.expires || now < *claims.expires) &&
         (!claims.not_before || now >= *claims.not_before) &&
         (!claims.issued_at || now >= *claims.issued_at);
}

std::string SignToken(const json::object& claims, std::string_view key) {
  std::string payload = "{";
  for (const json::key_value_pair& claim : claims) {
    if (payload.size() > 1) {
      payload.push_back(',');
    }
    http::AppendJsonString(payload, {claim.key().data(), claim.key().size()});
    payload.push_back(':');
    http::AppendJsonValue(payload, claim.value());
  }
  payload.push_back('}');
  std::string token(kOwnHeader);
  token.push_back('.');
  AppendBase64(token, payload);
  const auto mac = HmacSha256(key, token);
  if (!mac) {
    return {};
  }
  token.push_back('.');
  AppendBase64(token, {reinterpret_cast<const char*>(mac->data()), mac->size()});
  return token;
}

std::string Base64Url(std::string_view bytes) {
  std::string out;
  AppendBase64(out, bytes);
  return out;
}

std::optional<std::string> FromBase64Url(std::string_view text) { return DecodeBase64(text); }

std::string_view TokenOf(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.size() > kScheme.size() &&
      EqualsIgnoreCase(authorization.substr(0, kScheme.size()), kScheme)) {
    authorization.remove_prefix(kScheme.size());
  }
  return authorization;
}

}  // namespace sluice::auth
