// Tested by tests/server/password_hash_test.cc.
#include "tools/server/auth/random_text.h"

#include <array>
#include <cstdlib>

#include "openssl/rand.h"

namespace sluice::auth {

std::string RandomText(std::size_t size, std::string_view alphabet) {
  // Bytes at and above the greatest multiple of the alphabet would favour its
  // first characters.
  const std::size_t limit = 256 - 256 % alphabet.size();
  std::string text;
  text.reserve(size);
  std::array<unsigned char, 64> bytes{};
  while (text.size() < size) {
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
    for (const unsigned char byte : bytes) {
      if (byte < limit && text.size() < size) text += alphabet[byte % alphabet.size()];
    }
  }
  return text;
}

}  // namespace sluice::auth
