// Texts, ids and passwords.
// Tested by tests/server/fields_validate_text_test.cc.
#include <algorithm>
#include <string>

#include "sluice/strings.h"
#include "tools/server/fields/checks.h"
#include "tools/server/json/json_text.h"

namespace sluice::fields {
namespace {

// Every byte of invalid UTF-8 counts as one.
std::int64_t CountRunes(std::string_view text) {
  std::int64_t count = 0;
  while (!text.empty()) {
    const bool ascii = static_cast<unsigned char>(text[0]) < 0x80;
    text.remove_prefix(ascii ? 1 : json::DecodeCodePoint(text).length);
    ++count;
  }
  return count;
}

http::ErrorEntry InvalidFormat() {
  return {.code = "validation_invalid_format", .message = "Invalid value format."};
}

// What stands in an id of its own pattern makes trouble in paths, URLs and
// rules; the first of these that is found is told.
constexpr std::string_view kForbidden[] = {".",  "/",  "\\", "|", "\"",
                                           "'",  "`",  "<",  ">", ":",
                                           "?",  "*",  "%",  "$", std::string_view("\0", 1),
                                           "\t", "\n", "\r", " "};

constexpr std::string_view kReserved[] = {
    "CON",  "PRN",  "AUX",  "NUL",  "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7",
    "COM8", "COM9", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9"};

Mistake CheckOwnPattern(std::string_view id) {
  for (const std::string_view part : kForbidden) {
    if (id.find(part) == id.npos) continue;
    return http::ErrorEntry{.code = "validation_forbidden_pk_character",
                            .message = "'{{.ch}}' is not a valid primary key character.",
                            .params = {{"ch", std::string(part)}}};
  }
  for (const std::string_view name : kReserved) {
    if (!EqualsIgnoreCase(id, name)) continue;
    return http::ErrorEntry{
        .code = "validation_reserved_pk",
        .message = "The primary key '{{.reserved}}' is reserved and cannot be used.",
        .params = {{"reserved", std::string(name)}}};
  }
  return std::nullopt;
}

}  // namespace

Mistake CheckText(const Subject& subject) {
  const std::string& text = subject.value.text;
  const FieldOptions& options = subject.options;
  if (text.empty()) return BlankIfRequired(subject);
  const std::int64_t runes = CountRunes(text);
  if (runes < options.min) {
    return http::ErrorEntry{.code = "validation_min_text_constraint",
                            .message = "Must be at least {{.min}} character(s).",
                            .params = {{"min", options.min}}};
  }
  if (runes > options.max) {
    return http::ErrorEntry{.code = "validation_max_text_constraint",
                            .message = "Must be no more than {{.max}} character(s).",
                            .params = {{"max", options.max}}};
  }
  if (!options.MatchesPattern(text)) return InvalidFormat();
  return std::nullopt;
}

StatusOr<Mistake> CheckId(const Subject& subject, Lookups& lookups) {
  const std::string& id = subject.value.text;
  if (subject.before != nullptr) {
    // A stored id is not checked again.
    if (id == subject.before->text) return Mistake();
    return Mistake(http::ErrorEntry{.code = "validation_pk_change",
                                    .message = "The record primary key cannot be changed."});
  }
  const bool own_pattern = !subject.options.default_id_pattern;
  if (own_pattern && !id.empty()) {
    SLUICE_ASSIGN_OR_RETURN(const bool found, lookups.HasIdIgnoringCase(subject.collection, id));
    if (found) {
      return Mistake(
          http::ErrorEntry{.code = "validation_pk_invalid",
                           .message = "The record primary key is invalid or already exists."});
    }
  }
  // An id is required whatever its field says.
  if (id.empty()) return Mistake(Blank(""));
  if (Mistake mistake = CheckText(subject)) return mistake;
  return own_pattern ? CheckOwnPattern(id) : Mistake();
}

Mistake CheckPassword(const Subject& subject) {
  const FieldValue& value = subject.value;
  const FieldOptions& options = subject.options;
  if (value.hash_failed) {
    return http::ErrorEntry{.code = "validation_invalid_value", .message = "Invalid value."};
  }
  if (value.text.empty() && options.required) return Blank("");
  if (value.plain.empty()) return std::nullopt;
  const std::int64_t runes = CountRunes(value.plain);
  if (runes < options.min) {
    return http::ErrorEntry{
        .code = "validation_min_text_constraint",
        .message = "Must be at least " + std::to_string(options.min) + " character(s)."};
  }
  if (runes > options.max) {
    return http::ErrorEntry{
        .code = "validation_max_text_constraint",
        .message = "Must be less than " + std::to_string(options.max) + " character(s)."};
  }
  if (!options.MatchesPattern(value.plain)) return InvalidFormat();
  return std::nullopt;
}

}  // namespace sluice::fields
