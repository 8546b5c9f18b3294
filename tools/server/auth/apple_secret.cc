// ES256 by OpenSSL; its signatures are DER, those of a JWT two numbers of 32
// bytes. Tested by tests/server/login_apple_secret_test.cc.
#include "tools/server/auth/apple_secret.h"

#include <array>
#include <memory>
#include <vector>

#include "openssl/bio.h"
#include "openssl/ecdsa.h"
#include "openssl/evp.h"
#include "openssl/pem.h"

#include "tools/server/auth/token.h"
#include "tools/server/http/json_escape.h"

namespace sluice::auth {
namespace {

constexpr int kHalfBytes = 32;

template <typename T, void (*kFree)(T*)>
struct Freed {
  void operator()(T* thing) const { kFree(thing); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, &EVP_PKEY_free>>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, &EVP_MD_CTX_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG, &ECDSA_SIG_free>>;

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

StatusOr<KeyPtr> ReadKey(const std::string& pem) {
  const std::unique_ptr<BIO, BioFree> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // The password callback must not ask the terminal.
  const auto no_password = [](char*, int, int, void*) { return 0; };
  KeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr);
  if (key == nullptr) return absl::InvalidArgumentError("the private key cannot be read");
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC || EVP_PKEY_get_bits(key.get()) != 256)
    return absl::InvalidArgumentError("the private key is none of the curve P-256");
  return key;
}

StatusOr<std::string> Sign(EVP_PKEY* key, std::string_view text) {
  const ContextPtr context(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1)
    return absl::InternalError("OpenSSL does not sign");
  std::vector<unsigned char> der(size);
  if (EVP_DigestSign(context.get(), der.data(), &size, bytes, text.size()) != 1)
    return absl::InternalError("OpenSSL does not sign");
  const unsigned char* at = der.data();
  const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  std::array<unsigned char, 2 * kHalfBytes> both{};
  if (signature == nullptr ||
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), both.data(), kHalfBytes) != kHalfBytes ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), both.data() + kHalfBytes, kHalfBytes) !=
          kHalfBytes)
    return absl::InternalError("OpenSSL does not sign");
  return std::string(reinterpret_cast<const char*>(both.data()), both.size());
}

}  // namespace

StatusOr<std::string> MakeAppleSecret(const AppleSecret& secret, std::int64_t now_seconds) {
  SLUICE_ASSIGN_OR_RETURN(const KeyPtr key, ReadKey(secret.private_key));
  std::string header = "{\"alg\":\"ES256\",\"kid\":";
  http::AppendJsonString(header, secret.key_id);
  header += ",\"typ\":\"JWT\"}";
  std::string payload = "{\"aud\":[\"https://appleid.apple.com\"],\"exp\":" +
                        std::to_string(now_seconds + secret.duration) +
                        ",\"iat\":" + std::to_string(now_seconds) + ",\"iss\":";
  http::AppendJsonString(payload, secret.team_id);
  payload += ",\"sub\":";
  http::AppendJsonString(payload, secret.client_id);
  payload += '}';
  std::string token = Base64Url(header) + "." + Base64Url(payload);
  SLUICE_ASSIGN_OR_RETURN(const std::string signature, Sign(key.get(), token));
  return token + "." + Base64Url(signature);
}

}  // namespace sluice::auth
