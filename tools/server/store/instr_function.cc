// Tested by tests/server/store_test.cc.
#include "tools/server/store/instr_function.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sqlite3.h"

namespace sluice::store {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string_view BlobOf(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

// False when SQLite has no memory for the text. A blob's bytes are taken as one.
bool ReadText(sqlite3_value* value, int type, std::string_view& text) {
  if (type == SQLITE_BLOB) {
    text = BlobOf(value);
    return true;
  }
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (bytes == nullptr) return false;
  text = {bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
  return true;
}

// Where `part` begins, from `from` on. Linear: trying each place is the fastest
// way for short parts, and one whose cost grows with them for long ones.
std::size_t Find(std::string_view text, std::string_view part, std::size_t from) {
  constexpr std::size_t kShort = 32;
  // A text of nothing may have no memory.
  if (part.size() <= kShort || text.size() < part.size()) return text.find(part, from);
  const void* const found =
      memmem(text.data() + from, text.size() - from, part.data(), part.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// The number of the character at which `part` begins, from 1; 0 where it is not.
std::int64_t CharacterOf(std::string_view text, std::string_view part) {
  std::size_t at = Find(text, part, 0);
  // Only the first byte of a text may be a continuation and begin a character.
  while (at != std::string_view::npos && at > 0 && at < text.size() && IsContinuation(text[at]))
    at = Find(text, part, at + 1);
  if (at == std::string_view::npos) return 0;
  std::int64_t character = 1;
  for (std::size_t i = 1; i <= at && i < text.size(); ++i)
    character += IsContinuation(text[i]) ? 0 : 1;
  return character;
}

void Instr(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  const int text_type = sqlite3_value_type(values[0]);
  const int part_type = sqlite3_value_type(values[1]);
  if (text_type == SQLITE_NULL || part_type == SQLITE_NULL) return;
  if (text_type == SQLITE_BLOB && part_type == SQLITE_BLOB) {
    const std::size_t at = Find(BlobOf(values[0]), BlobOf(values[1]), 0);
    return sqlite3_result_int64(context, static_cast<std::int64_t>(at + 1));  // npos + 1 is 0
  }
  std::string_view text;
  std::string_view part;
  if (!ReadText(values[0], text_type, text) || !ReadText(values[1], part_type, part))
    return sqlite3_result_error_nomem(context);
  sqlite3_result_int64(context, CharacterOf(text, part));
}

}  // namespace

void RegisterInstr(sqlite3* handle) {
  sqlite3_create_function_v2(handle, "instr", 2,
                             SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr, &Instr,
                             nullptr, nullptr, nullptr);
}

}  // namespace sluice::store
