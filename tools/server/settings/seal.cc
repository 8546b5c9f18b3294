// Tested by tests/server/settings_seal_test.cc.
#include "tools/server/settings/seal.h"

#include <array>
#include <cstdlib>
#include <memory>

#include "openssl/evp.h"
#include "openssl/rand.h"

namespace sluice::settings {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const EVP_CIPHER* CipherOf(const SealKey& key) {
  switch (key.bytes.size()) {
    case 16:
      return EVP_aes_128_gcm();
    case 24:
      return EVP_aes_192_gcm();
    default:
      return EVP_aes_256_gcm();
  }
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string EncodeBase64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(Bytes(text), Bytes(std::string_view(bytes)),
                                                       static_cast<int>(bytes.size()))));
  return text;
}

// Empty when `text` is no base64.
std::string DecodeBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > (std::size_t{1} << 30)) return "";
  std::string bytes(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(Bytes(bytes), Bytes(text), static_cast<int>(text.size())) < 0) return "";
  bytes.resize(bytes.size() - (text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0));
  return bytes;
}

}  // namespace

StatusOr<SealKey> KeyFromEnvironment(const std::string& name) {
  SealKey key{name, ""};
  const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
  if (value == nullptr) return key;
  key.bytes = value;
  const std::size_t size = key.bytes.size();
  if (size != 0 && size != 16 && size != 24 && size != 32) {
    return absl::FailedPreconditionError("the encryption key in " + name + " has " +
                                         std::to_string(size) + " bytes; it must have 32");
  }
  return key;
}

StatusOr<std::string> Seal(std::string_view text, const SealKey& key) {
  std::string sealed(kNonceBytes + text.size() + kTagBytes, '\0');
  unsigned char* nonce = Bytes(sealed);
  unsigned char* out = nonce + kNonceBytes;
  const Context context(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool good =
      !key.empty() && context != nullptr && RAND_bytes(nonce, kNonceBytes) == 1 &&
      EVP_EncryptInit_ex(context.get(), CipherOf(key), nullptr, Bytes(key.bytes), nonce) == 1 &&
      EVP_EncryptUpdate(context.get(), out, &size, Bytes(text), static_cast<int>(text.size())) ==
          1 &&
      EVP_EncryptFinal_ex(context.get(), out + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, out + text.size()) == 1;
  if (!good) return absl::InternalError("the settings cannot be encrypted");
  return EncodeBase64(sealed);
}

StatusOr<std::string> Open(std::string_view sealed, const SealKey& key) {
  const Status refused = absl::FailedPreconditionError(
      "invalid settings db data or missing encryption key \"" + key.environment + "\"");
  std::string bytes = DecodeBase64(sealed);
  if (key.empty() || bytes.size() < kNonceBytes + kTagBytes) return refused;
  const std::size_t size = bytes.size() - kNonceBytes - kTagBytes;
  std::string text(size, '\0');
  const Context context(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool good = context != nullptr &&
                    EVP_DecryptInit_ex(context.get(), CipherOf(key), nullptr, Bytes(key.bytes),
                                       Bytes(bytes)) == 1 &&
                    EVP_DecryptUpdate(context.get(), Bytes(text), &written,
                                      Bytes(bytes) + kNonceBytes, static_cast<int>(size)) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes,
                                        Bytes(bytes) + kNonceBytes + size) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), Bytes(text) + written, &written) == 1;
  if (!good) return refused;
  return text;
}

}  // namespace sluice::settings
