// SQLite's value semantics, which the language is defined by (F-34 to F-43):
// storage classes, affinity, comparison, text conversion and LIKE.
//
// Everything here is a pure function; safe from any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/schema.h"

namespace sluice {

enum class StorageClass : std::uint8_t { kNull, kInteger, kReal, kText };

// TRUE, FALSE or UNKNOWN (F-2).
enum class Truth : std::uint8_t { kFalse, kTrue, kUnknown };

constexpr Truth And(Truth a, Truth b) {
  if (a == Truth::kFalse || b == Truth::kFalse) return Truth::kFalse;
  return a == Truth::kTrue && b == Truth::kTrue ? Truth::kTrue : Truth::kUnknown;
}
constexpr Truth Or(Truth a, Truth b) {
  if (a == Truth::kTrue || b == Truth::kTrue) return Truth::kTrue;
  return a == Truth::kFalse && b == Truth::kFalse ? Truth::kFalse : Truth::kUnknown;
}
constexpr Truth Not(Truth a) {
  return a == Truth::kUnknown ? a : a == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
}
constexpr Truth ToTruth(bool value) { return value ? Truth::kTrue : Truth::kFalse; }

// A value without its bytes: text points elsewhere. What lives long enough is
// said where a view is handed out. Trivially copyable, no allocation.
struct ValueView {
  StorageClass storage = StorageClass::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text;

  static ValueView Null() { return {}; }
  static ValueView Integer(std::int64_t v) { return {StorageClass::kInteger, v, 0, {}}; }
  static ValueView Real(double v) { return {StorageClass::kReal, 0, v, {}}; }
  static ValueView Text(std::string_view v) { return {StorageClass::kText, 0, 0, v}; }
  static ValueView Bool(bool v) { return Integer(v ? 1 : 0); }
  bool is_null() const { return storage == StorageClass::kNull; }
};

// A value that owns its text.
struct Value {
  StorageClass storage = StorageClass::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;

  static Value Null() { return {}; }
  static Value Integer(std::int64_t v) { return {StorageClass::kInteger, v, 0, {}}; }
  static Value Real(double v) { return {StorageClass::kReal, 0, v, {}}; }
  static Value Text(std::string v) { return {StorageClass::kText, 0, 0, std::move(v)}; }
  static Value Bool(bool v) { return Integer(v ? 1 : 0); }
  static Value From(const ValueView& v) {
    return {v.storage, v.integer, v.real, std::string(v.text)};
  }
  bool is_null() const { return storage == StorageClass::kNull; }
  ValueView view() const { return {storage, integer, real, text}; }
};

// The text SQLite 3.53 converts a REAL to (F-37): `10.0`, `0.1`, `1.0e+17`.
// `buffer` holds the result; at least 32 bytes.
std::string_view SqliteRealText(double value, char* buffer);

// Plain decimal without exponent and trailing zeros, as `~` renders its
// number operands (F-53): `10`, `10.25`, `-0`.
std::string PlainDecimalText(double value);

// The number that `text` is when it is one complete numeric literal (F-35):
// surrounding white space, sign, fraction and exponent are allowed.
std::optional<ValueView> ParseNumericText(std::string_view text);

// Order of two values after affinity was applied; nothing when one is NULL.
std::optional<std::strong_ordering> CompareValues(const ValueView& a, const ValueView& b);

// Which affinity a comparison between operands of these two applies to both
// sides (F-35): numeric, text, or none.
Affinity ComparisonAffinity(Affinity left, Affinity right);

// `value` as it is compared under `affinity`. `buffer` (32 bytes) may hold
// the text of the result.
ValueView ApplyAffinity(const ValueView& value, Affinity affinity, char* buffer);

// `value` as text, as `||`, LIKE and LOWER read it; `buffer` as above. NULL
// has none.
std::optional<std::string_view> TextOf(const ValueView& value, char* buffer);

// SQLite's LIKE with ESCAPE '\' (F-51): ASCII case folding, `_` one code
// point. Linear in the text for patterns without `_`, and never worse than
// pattern times text (security.md A18).
bool LikeMatches(std::string_view text, std::string_view pattern);

// The pattern that `~` makes of a parameter's text (F-54).
std::string WrapLikePattern(std::string_view value);

}  // namespace sluice
