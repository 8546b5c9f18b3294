// Appending JSON strings and numbers as the peer spells them (R-21, R-22,
// S-85), and the UTF-8 decoding that this needs. No function here fails, and
// all are safe to call from several threads. Append… grows a string; Put…
// writes to memory that has room for it, and returns the end of what it wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::json {

// Appends `text` in quotes. Escaped are `"` and `\`, control characters below
// U+0020, `<` `>` `&`, U+2028 and U+2029. Each byte that is no part of valid
// UTF-8 becomes `\ufffd`; everything else stays as it is.
void AppendString(std::string& out, std::string_view text);

// The same without the quotes.
void AppendStringContent(std::string& out, std::string_view text);

// The same as AppendString, where there is room for StringRoom(text.size()).
char* PutString(char* out, std::string_view text);
constexpr std::size_t StringRoom(std::size_t bytes) { return 6 * bytes + 2; }

// Whether each byte of `text` is one that AppendString takes as it is. False also
// for texts that are not ASCII, though most of their bytes are.
bool IsPlain(std::string_view text);

// Appends the shortest decimal that reads back as `number`: without exponent
// from 1e-6 up to below 1e21, else as `1e+21`, `1e-7`. Zero keeps its
// sign. JSON cannot spell infinities and NaN, they become `null`: callers that
// can meet one test for it.
void AppendNumber(std::string& out, double number);
char* PutNumber(char* out, double number);
constexpr std::size_t kNumberRoom = 32;

// Appends a decimal integer.
void AppendInteger(std::string& out, std::int64_t number);
char* PutInteger(char* out, std::int64_t number);

// One code point at the start of a text, as Go's utf8.DecodeRune finds it: an
// invalid byte is U+FFFD of length 1 and `valid` is false.
struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;
  bool valid = true;
};

// `text` must not be empty.
CodePoint DecodeCodePoint(std::string_view text);

// Appends the UTF-8 form of `value`, which must be a code point.
void AppendCodePoint(std::string& out, char32_t value);

// The shortest decimal digits of a finite, non-zero number, which its spellings
// share: |number| is 0.d1d2d3... times ten to the `point`.
struct Digits {
  char digits[17];
  int count = 0;
  int point = 0;
  bool negative = false;
};
Digits ShortestDigits(double number);

}  // namespace sluice::json
