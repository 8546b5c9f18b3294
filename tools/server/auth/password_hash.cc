// libcrypt's bcrypt takes texts that end at a NUL; which passwords those can
// stand for is decided here. Tested by tests/server/password_hash_test.cc.
#include "tools/server/auth/password_hash.h"

#include <array>
#include <crypt.h>
#include <memory>
#include <optional>

#include "openssl/crypto.h"
#include "openssl/rand.h"

namespace sluice::auth {
namespace {

constexpr std::size_t kHashSize = 60;
constexpr std::size_t kSettingSize = 29;  // `$2a$10$` and the salt
constexpr std::size_t kSaltBytes = 16;
// The letter that libcrypt computes the plain algorithm for. Its own `$2a$`
// departs from it for some passwords that an old bug confused; the peer's does not.
constexpr char kPlainMinor = 'y';

// What bcrypt makes of a password: itself and a NUL, over and over.
std::array<char, kPasswordBytesMax> KeyOf(std::string_view password) {
  std::array<char, kPasswordBytesMax> key{};
  std::size_t at = 0;
  for (char& byte : key) {
    byte = at < password.size() ? password[at] : '\0';
    at = at == password.size() ? 0 : at + 1;
  }
  return key;
}

// The text without NUL that has the key of `password`; none when no such text has.
std::optional<std::string> TextWithKeyOf(std::string_view password) {
  std::string text(password.substr(0, std::min(password.find('\0'), kPasswordBytesMax)));
  if (KeyOf(text) != KeyOf(password)) return std::nullopt;
  return text;
}

bool IsBase64Digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '/';
}

// The `$2y$CC$salt` of a hash; empty when it is none.
std::string SettingOf(std::string_view hash) {
  if (hash.size() != kHashSize || hash.substr(0, 2) != "$2") return "";
  std::string setting(hash.substr(0, kSettingSize));
  if (setting[3] != '$' || setting[6] != '$') return "";
  setting[2] = kPlainMinor;
  if (setting[4] < '0' || setting[4] > '3' || setting[5] < '0' || setting[5] > '9') return "";
  const int cost = (setting[4] - '0') * 10 + (setting[5] - '0');
  if (cost < 4 || cost > 31) return "";
  for (std::size_t i = 7; i < kSettingSize; ++i) {
    if (!IsBase64Digit(setting[i])) return "";
  }
  return setting;
}

// The 60 characters of `text` under `setting`; empty on failure.
std::string Crypt(const std::string& text, const std::string& setting) {
  const auto data = std::make_unique<crypt_data>();
  const char* hash = crypt_r(text.c_str(), setting.c_str(), data.get());
  std::string result = hash != nullptr && hash[0] == '$' ? hash : "";
  OPENSSL_cleanse(data.get(), sizeof *data);
  return result.size() == kHashSize ? result : "";
}

}  // namespace

StatusOr<std::string> HashPassword(std::string_view password, int cost) {
  if (password.size() > kPasswordBytesMax)
    return absl::InvalidArgumentError("the password has more than 72 bytes");
  if (password.find('\0') != std::string_view::npos)
    return absl::InvalidArgumentError("the password holds a NUL");
  if (cost < 4 || cost > 31) return absl::InvalidArgumentError("the cost of a password is 4 to 31");
  std::array<unsigned char, kSaltBytes> salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1)
    return absl::InternalError("the system gives no random bytes");
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  if (crypt_gensalt_rn("$2y$", static_cast<unsigned long>(cost),
                       reinterpret_cast<const char*>(salt.data()), static_cast<int>(salt.size()),
                       setting.data(), static_cast<int>(setting.size())) == nullptr) {
    return absl::InternalError("libcrypt makes no salt");
  }
  std::string hash = Crypt(std::string(password), setting.data());
  if (hash.empty()) return absl::InternalError("libcrypt makes no hash");
  hash[2] = 'a';
  return hash;
}

bool VerifyPassword(std::string_view password, std::string_view hash) {
  const std::string setting = SettingOf(hash);
  if (setting.empty()) return false;
  const std::optional<std::string> text = TextWithKeyOf(password);
  // Computed for an impossible password too, so that it takes as long.
  std::string computed = Crypt(text.value_or(""), setting);
  if (computed.empty() || !text) return false;
  computed[2] = hash[2];
  return CRYPTO_memcmp(computed.data(), hash.data(), kHashSize) == 0;
}

}  // namespace sluice::auth
