// Tested by tests/server/password_hash_test.cc.
#include "tools/server/auth/random_text.h"

#include <array>
#include <new>
#include <utility>

#include "openssl/rand.h"

namespace sluice::auth {
namespace {

// The system's generator, asked for many bytes at once: a call costs as much as
// some hundred bytes. What was given out is not kept.
class RandomBytes {
 public:
  unsigned char Next() {
    if (at_ == bytes_.size()) {
      if (RAND_bytes(bytes_.data(), static_cast<int>(bytes_.size())) != 1) throw std::bad_alloc();
      at_ = 0;
    }
    return std::exchange(bytes_[at_++], static_cast<unsigned char>(0));
  }

 private:
  std::array<unsigned char, 512> bytes_{};
  std::size_t at_ = bytes_.size();
};

RandomBytes& BytesOfThread() {
  thread_local RandomBytes bytes;
  return bytes;
}

}  // namespace

std::string RandomText(std::size_t size, std::string_view alphabet) {
  // Bytes at and above the greatest multiple of the alphabet would favour its
  // first characters.
  const std::size_t limit = 256 - 256 % alphabet.size();
  RandomBytes& bytes = BytesOfThread();
  std::string text;
  text.reserve(size);
  while (text.size() < size) {
    const unsigned char byte = bytes.Next();
    if (byte < limit) text += alphabet[byte % alphabet.size()];
  }
  return text;
}

std::uint32_t RandomBelow(std::uint32_t bound) {
  if (bound <= 1) return 0;
  RandomBytes& bytes = BytesOfThread();
  // As above: numbers at and above the greatest multiple of the bound.
  const std::uint64_t all = bound <= 256 ? 256 : std::uint64_t{1} << 32;
  const std::uint64_t limit = all - all % bound;
  while (true) {
    std::uint64_t number = bytes.Next();
    if (bound > 256) {
      for (int i = 0; i < 3; ++i) number = number << 8 | bytes.Next();
    }
    if (number < limit) return static_cast<std::uint32_t>(number % bound);
  }
}

}  // namespace sluice::auth
