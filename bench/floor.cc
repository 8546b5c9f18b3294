#include "bench/floor.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sqlite3.h"

namespace sluice::bench {
namespace {

constexpr std::size_t kBufferBytes = 16U << 20;  // far more than any answer here

constexpr char kHex[] = "0123456789abcdef";

struct StopTable {
  bool stops[256] = {};
  constexpr StopTable() {
    for (int c = 0; c < 256; ++c)
      stops[c] = c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&';
  }
};
constexpr StopTable kStops;

char* PutFixed(char* out, const char* text) {
  const std::size_t size = std::strlen(text);
  std::memcpy(out, text, size);
  return out + size;
}

char* PutInteger(char* out, std::int64_t value) { return std::to_chars(out, out + 24, value).ptr; }

char* PutEscape(char* out, unsigned char c) {
  *out++ = '\\';
  switch (c) {
    case '"':
    case '\\':
      *out++ = static_cast<char>(c);
      return out;
    case '\n':
      *out++ = 'n';
      return out;
    case '\r':
      *out++ = 'r';
      return out;
    case '\t':
      *out++ = 't';
      return out;
    default:
      std::memcpy(out, "u00", 3);
      out[3] = kHex[c >> 4];
      out[4] = kHex[c & 15];
      return out + 5;
  }
}

// Runs without anything to escape are copied whole.
char* PutText(char* out, const char* text, std::size_t size) {
  *out++ = '"';
  const char* const end = text + size;
  while (text < end) {
    const char* run = text;
    while (run < end && !kStops.stops[static_cast<unsigned char>(*run)]) ++run;
    std::memcpy(out, text, static_cast<std::size_t>(run - text));
    out += run - text;
    if (run < end) out = PutEscape(out, static_cast<unsigned char>(*run++));
    text = run;
  }
  *out++ = '"';
  return out;
}

// Without the blanks between tokens.
char* PutCompact(char* out, const char* text, std::size_t size) {
  bool quoted = false;
  for (std::size_t i = 0; i < size; ++i) {
    const char c = text[i];
    if (c == ' ' && !quoted) continue;
    if (c == '"') quoted = !quoted;
    if (c == '\\' && quoted) *out++ = text[i++];
    *out++ = text[i];
  }
  return out;
}

// The text of what make_folder.py writes, `<p>words</p><p>words</p>`: up to 80
// characters of words, `...` behind what is cut.
char* PutExcerpt(char* out, const char* text, std::size_t size) {
  constexpr int kCharsMax = 80;
  char* const begin = out + 1;
  *out++ = '"';
  int chars = 0;
  bool tag = false;
  for (std::size_t i = 0; i < size; ++i) {
    const char c = text[i];
    if (c == '<') {
      if (text[i + 1] != '/' && out != begin && chars++ < kCharsMax) *out++ = ' ';
      tag = true;
    } else if (c == '>') {
      tag = false;
    } else if (!tag) {
      if (chars++ == kCharsMax) break;
      *out++ = c;
    }
  }
  while (out != begin && out[-1] == ' ') --out;
  if (chars > kCharsMax) out = PutFixed(out, "...");
  *out++ = '"';
  return out;
}

// A list of ids, each of 15 bytes, the repeated ones left out.
char* PutIds(char* out, const char* text, std::size_t size) {
  constexpr std::size_t kQuoted = 17;
  char* const begin = out;
  *out++ = '[';
  for (const char* p = text; (p = static_cast<const char*>(std::memchr(
                                  p, '"', static_cast<std::size_t>(text + size - p)))) != nullptr;
       p += kQuoted) {
    bool known = false;
    for (const char* q = begin + 1; q < out && !known; q += kQuoted + 1)
      known = std::memcmp(q, p, kQuoted) == 0;
    if (known) continue;
    if (out != begin + 1) *out++ = ',';
    std::memcpy(out, p, kQuoted);
    out += kQuoted;
  }
  *out++ = ']';
  return out;
}

char* PutColumn(char* out, sqlite3_stmt* row, int at, FloorKind kind) {
  if (kind == FloorKind::kBool)
    return PutFixed(out, sqlite3_column_int(row, at) != 0 ? "true" : "false");
  if (kind == FloorKind::kNumber) {
    const bool real = sqlite3_column_type(row, at) == SQLITE_FLOAT;
    return real ? std::to_chars(out, out + 32, sqlite3_column_double(row, at)).ptr
                : PutInteger(out, sqlite3_column_int64(row, at));
  }
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, at));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, at));
  if (kind == FloorKind::kIds) return PutIds(out, text, size);
  if (kind == FloorKind::kExcerpt) return PutExcerpt(out, text, size);
  return kind == FloorKind::kRawJson ? PutCompact(out, text, size) : PutText(out, text, size);
}

std::string_view TextOfColumn(sqlite3_stmt* row, int at) {
  return {reinterpret_cast<const char*>(sqlite3_column_text(row, at)),
          static_cast<std::size_t>(sqlite3_column_bytes(row, at))};
}

void BindText(sqlite3_stmt* statement, int number, std::string_view text) {
  sqlite3_bind_text(statement, number, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void BindAll(sqlite3_stmt* statement, std::span<const FloorValue> params) {
  int number = 0;
  for (const FloorValue& value : params) {
    if (value.text.empty()) {
      sqlite3_bind_int64(statement, ++number, value.number);
    } else {
      sqlite3_bind_text(statement, ++number, value.text.data(), static_cast<int>(value.text.size()),
                        SQLITE_STATIC);
    }
  }
}

[[noreturn]] void Fail(sqlite3* handle, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), sqlite3_errmsg(handle));
  std::exit(1);
}

}  // namespace

Floor::Floor(const std::string& folder) : buffer_(kBufferBytes) {
  const std::string path = folder + "/data.db";
  if (sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK)
    Fail(handle_, path);
  // Otherwise a new value of LIMIT, or of a column with statistics, compiles
  // the statement anew.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  sqlite3_exec(handle_,
               "PRAGMA query_only=ON;PRAGMA temp_store=MEMORY;PRAGMA cache_size=-8192;PRAGMA "
               "mmap_size=268435456",
               nullptr, nullptr, nullptr);
}

Floor::~Floor() {
  for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

sqlite3_stmt* Floor::PrepareText(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK)
    Fail(handle_, sql);
  statements_.push_back(statement);
  return statement;
}

FloorQuery Floor::Prepare(const FloorTable& table, const std::string& tail,
                          const std::string& count, bool list, bool hidden) {
  std::string sql;
  for (const FloorColumn& column : table.columns) {
    if (!column.hidden || hidden)
      sql += std::string(sql.empty() ? "SELECT p." : ",p.") + column.name;
  }
  FloorQuery query;
  query.table = &table;
  query.rows = PrepareText(sql + " FROM " + std::string(table.from) + " " + tail);
  if (!count.empty()) query.count = PrepareText(count);
  query.list = list;
  query.hidden = hidden;
  return query;
}

char* Floor::PutRecord(char* out, const FloorQuery& query) {
  int at = 0;
  int column_number = 0;
  for (const FloorColumn& column : query.table->columns) {
    if (column_number++ == query.table->expand_before && !query.expands.empty())
      out = PutExpands(out, query);
    if (column.hidden && !query.hidden) continue;
    const int index = at++;
    if (column.kind == FloorKind::kUnseen) continue;
    if (column.kind != FloorKind::kEmail) {
      out = PutColumn(PutFixed(out, column.key), query.rows, index, column.kind);
      continue;
    }
    // The next two are emailVisibility and id.
    if (sqlite3_column_int(query.rows, index + 1) != 0 ||
        TextOfColumn(query.rows, index + 2) == caller_)
      out = PutColumn(PutFixed(out, column.key), query.rows, index, FloorKind::kText);
  }
  *out++ = '}';
  return out;
}

char* Floor::PutExpands(char* out, const FloorQuery& query) {
  out = PutFixed(out, ",\"expand\":{");
  bool first = true;
  for (const FloorExpand& expand : query.expands) {
    sqlite3_stmt* const rows = expand.rows.rows;
    BindText(rows, 1, TextOfColumn(query.rows, expand.column));
    if (sqlite3_bind_parameter_count(rows) > 1) BindText(rows, 2, caller_);
    char* const before = out;
    bool any = false;
    while (sqlite3_step(rows) == SQLITE_ROW) {
      if (!any) {
        if (!first) *out++ = ',';
        out = PutFixed(out, expand.key);
        if (!expand.single) *out++ = '[';
      } else {
        *out++ = ',';
      }
      any = true;
      out = PutRecord(out, expand.rows);
    }
    sqlite3_reset(rows);
    if (any && !expand.single) *out++ = ']';
    first = first && out == before;
  }
  *out++ = '}';
  return out;
}

std::string_view Floor::Run(const FloorQuery& query, std::span<const FloorValue> params,
                            std::int64_t page, std::int64_t per_page, std::string_view caller) {
  caller_ = caller;
  char* out = buffer_.data();
  if (query.list) out = PutFixed(out, "{\"items\":[");
  BindAll(query.rows, params);
  const int number = static_cast<int>(params.size());
  sqlite3_bind_int64(query.rows, number + 1, per_page);
  sqlite3_bind_int64(query.rows, number + 2, per_page * (page - 1));
  bool first = true;
  while (sqlite3_step(query.rows) == SQLITE_ROW) {
    if (!first) *out++ = ',';
    first = false;
    out = PutRecord(out, query);
  }
  sqlite3_reset(query.rows);
  std::int64_t total = -1;
  if (query.count != nullptr) {
    BindAll(query.count, params);
    sqlite3_step(query.count);
    total = sqlite3_column_int64(query.count, 0);
    sqlite3_reset(query.count);
  }
  if (query.list) {
    out = PutInteger(PutFixed(out, "],\"page\":"), page);
    out = PutInteger(PutFixed(out, ",\"perPage\":"), per_page);
    out = PutInteger(PutFixed(out, ",\"totalItems\":"), total);
    out = PutInteger(PutFixed(out, ",\"totalPages\":"),
                     total < 0 ? -1 : (total + per_page - 1) / per_page);
    *out++ = '}';
  }
  *out++ = '\n';
  return {buffer_.data(), static_cast<std::size_t>(out - buffer_.data())};
}

}  // namespace sluice::bench
