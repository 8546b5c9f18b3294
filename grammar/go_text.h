// Text the way the peer's language, Go, writes and reads it: quoting in error
// messages, trimming, UTF-8 repair, number arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

// One code point and how many bytes it took. An invalid byte is U+FFFD, one
// byte long.
struct Rune {
  char32_t value = 0;
  std::size_t size = 0;
};

// The first code point of `text`, which must not be empty.
Rune DecodeRune(std::string_view text);

// Replaces each invalid byte by U+FFFD; true when there was one.
bool RepairUtf8(std::string* text);

// `"a\tb"`: %q of a string. Invalid bytes appear as U+FFFD.
std::string GoQuote(std::string_view text);

// `'\r'`: %q of the first code point of `text`, which must not be empty.
std::string GoQuoteRune(std::string_view text);

// Without leading and trailing white space in the sense of Unicode.
std::string_view TrimSpace(std::string_view text);

// An integer with Go's prefixes `0x 0b 0o 0`, signs and underscores; none when
// it is malformed or beyond 64 bits.
std::optional<std::int64_t> ParseGoInteger(std::string_view text);

// True of `1 t T true TRUE True`.
bool IsGoTrue(std::string_view text);

}  // namespace sluice
