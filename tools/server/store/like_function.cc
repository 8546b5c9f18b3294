// Tested by tests/server/store_test.cc.
#include "tools/server/store/like_function.h"

#include <memory>
#include <string>
#include <string_view>

#include "sqlite3.h"

#include "sluice/like_pattern.h"
#include "sluice/value.h"
#include "tools/server/threads/guard.h"

namespace sluice::store {
namespace {

std::string_view TextOf(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

bool IsOneCharacter(std::string_view text) {
  std::size_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return characters == 1;
}

// A pattern of another escape sign as one of ours.
std::string WithBackslashes(std::string_view pattern, std::string_view escape) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    if (pattern.substr(at, escape.size()) == escape) {
      at += escape.size();
      out += '\\';
      if (at < pattern.size()) out += pattern[at++];
      continue;
    }
    if (pattern[at] == '\\') out += '\\';
    out += pattern[at++];
  }
  return out;
}

bool IsBackslash(sqlite3_value* value) {
  const std::string_view text = TextOf(value);
  return text.size() == 1 && text[0] == '\\';
}

// Looks at the pattern once for all rows: SQLite forgets what is kept beside an
// argument when that changes.
bool MatchesAndKeeps(sqlite3_context* context, std::string_view pattern, std::string_view text) {
  auto kept = std::make_unique<LikePattern>(pattern);
  const bool matches = kept->Matches(text);
  sqlite3_set_auxdata(context, 0, kept.release(),
                      [](void* made) { delete static_cast<LikePattern*>(made); });
  return matches;
}

// like(PATTERN, TEXT, ESCAPE).
void Like(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  const auto* known = static_cast<const LikePattern*>(sqlite3_get_auxdata(context, 0));
  const int type = sqlite3_value_type(values[1]);
  if (known != nullptr && type != SQLITE_BLOB && type != SQLITE_NULL && IsBackslash(values[2]))
    return sqlite3_result_int(context, known->Matches(TextOf(values[1])) ? 1 : 0);
  // As the peer's build: blobs are no texts.
  if (sqlite3_value_type(values[0]) == SQLITE_BLOB || sqlite3_value_type(values[1]) == SQLITE_BLOB)
    return sqlite3_result_int(context, 0);
  const std::string_view pattern = TextOf(values[0]);
  const int bytes_max =
      sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1);
  if (pattern.size() > static_cast<std::size_t>(bytes_max))
    return sqlite3_result_error(context, "LIKE or GLOB pattern too complex", -1);
  if (sqlite3_value_type(values[2]) == SQLITE_NULL) return;
  const std::string_view escape = TextOf(values[2]);
  if (!IsOneCharacter(escape))
    return sqlite3_result_error(context, "ESCAPE expression must be a single character", -1);
  if (sqlite3_value_type(values[0]) == SQLITE_NULL || sqlite3_value_type(values[1]) == SQLITE_NULL)
    return;
  const bool matches = escape == "\\"
                           ? MatchesAndKeeps(context, pattern, TextOf(values[1]))
                           : LikeMatches(TextOf(values[1]), WithBackslashes(pattern, escape));
  sqlite3_result_int(context, matches ? 1 : 0);
}

// SQLite is C, which no exception may pass.
void LikeOrNoMemory(sqlite3_context* context, int count, sqlite3_value** values) {
  if (!threads::Try([&] { Like(context, count, values); })) sqlite3_result_error_nomem(context);
}

}  // namespace

void RegisterLike(sqlite3* handle) {
  sqlite3_create_function_v2(handle, "like", 3,
                             SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr,
                             &LikeOrNoMemory, nullptr, nullptr, nullptr);
}

}  // namespace sluice::store
