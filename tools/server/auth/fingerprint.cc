// Tested by tests/server/login_fingerprint_test.cc.
#include "tools/server/auth/fingerprint.h"

#include <array>

#include "openssl/evp.h"

namespace sluice::auth {

std::string Fingerprint(std::string_view ip, std::string_view user_agent) {
  constexpr char kHex[] = "0123456789abcdef";
  const std::string text = std::string(ip) + std::string(user_agent);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1)
    return "";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4U];
    out += kHex[digest[i] & 15U];
  }
  return out;
}

}  // namespace sluice::auth
