// Secrets and ids from the system's generator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::auth {

inline constexpr std::string_view kLettersAndDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
inline constexpr std::string_view kIdAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

// `size` characters, each of `alphabet` (at most 256) with the same chance.
// Throws std::bad_alloc when the generator gives no bytes, which needs memory:
// no secret is better than one that can be guessed.
std::string RandomText(std::size_t size, std::string_view alphabet = kLettersAndDigits);

// A number below `bound`, which is positive; all have the same chance.
std::uint32_t RandomBelow(std::uint32_t bound);

}  // namespace sluice::auth
