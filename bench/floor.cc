#include "bench/floor.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sqlite3.h"

namespace sluice::bench {
namespace {

enum class Kind : std::uint8_t { kText, kRawJson, kNumber, kBool };

struct ColumnText {
  const char* name;  // of the column
  const char* key;   // with what stands before it in a record
  Kind kind;
  bool hidden = false;  // only a superuser sees it
};

constexpr ColumnText kColumns[] = {
    {"attachments", "{\"attachments\":", Kind::kRawJson},
    {"author", ",\"author\":", Kind::kText},
    {"body", ",\"body\":", Kind::kText},
    {"cover", ",\"collectionId\":\"c_posts\",\"collectionName\":\"posts\",\"cover\":", Kind::kText},
    {"created", ",\"created\":", Kind::kText},
    {"id", ",\"id\":", Kind::kText},
    {"internal", ",\"internal\":", Kind::kText, true},
    {"labels", ",\"labels\":", Kind::kRawJson},
    {"meta", ",\"meta\":", Kind::kRawJson},
    {"org", ",\"org\":", Kind::kText},
    {"pinned", ",\"pinned\":", Kind::kBool},
    {"place", ",\"place\":", Kind::kRawJson},
    {"publishedAt", ",\"publishedAt\":", Kind::kText},
    {"rating", ",\"rating\":", Kind::kNumber},
    {"related", ",\"related\":", Kind::kRawJson},
    {"slug", ",\"slug\":", Kind::kText},
    {"status", ",\"status\":", Kind::kText},
    {"tags", ",\"tags\":", Kind::kRawJson},
    {"title", ",\"title\":", Kind::kText},
    {"updated", ",\"updated\":", Kind::kText},
    {"views", ",\"views\":", Kind::kNumber},
};
constexpr std::size_t kGrowth = 6;       // bytes that one byte may become: \u003c
constexpr std::size_t kRowSlack = 2048;  // keys and numbers of a row

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

char* PutRow(char* out, sqlite3_stmt* row, bool hidden) {
  int index = 0;
  for (const ColumnText& column : kColumns) {
    if (column.hidden && !hidden) continue;
    out = PutFixed(out, column.key);
    const int at = index++;
    if (column.kind == Kind::kBool) {
      out = PutFixed(out, sqlite3_column_int(row, at) != 0 ? "true" : "false");
    } else if (column.kind == Kind::kNumber) {
      const bool real = sqlite3_column_type(row, at) == SQLITE_FLOAT;
      out = real ? std::to_chars(out, out + 32, sqlite3_column_double(row, at)).ptr
                 : PutInteger(out, sqlite3_column_int64(row, at));
    } else {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, at));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, at));
      out = column.kind == Kind::kText ? PutText(out, text, size) : PutCompact(out, text, size);
    }
  }
  *out++ = '}';
  return out;
}

std::size_t RowBound(sqlite3_stmt* row) {
  std::size_t bytes = kRowSlack;
  for (int i = 0, n = sqlite3_column_count(row); i < n; ++i)
    bytes += static_cast<std::size_t>(sqlite3_column_bytes(row, i)) * kGrowth;
  return bytes;
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

Floor::Floor(const std::string& folder) : buffer_(1 << 20) {
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

Floor::Query Floor::Prepare(const std::string& tail, const std::string& count_tail, bool list,
                            bool hidden) {
  std::string sql;
  for (const ColumnText& column : kColumns) {
    if (!column.hidden || hidden)
      sql += std::string(sql.empty() ? "SELECT p." : ",p.") + column.name;
  }
  Query query;
  query.rows = PrepareText(sql + " FROM posts p " + tail);
  if (!count_tail.empty()) query.count = PrepareText("SELECT count(*) FROM posts p " + count_tail);
  query.list = list;
  query.hidden = hidden;
  return query;
}

std::string_view Floor::Run(const Query& query, std::span<const FloorValue> params,
                            std::int64_t page, std::int64_t per_page) {
  char* out = buffer_.data();
  if (query.list) out = PutFixed(out, "{\"items\":[");
  BindAll(query.rows, params);
  const int number = static_cast<int>(params.size());
  sqlite3_bind_int64(query.rows, number + 1, per_page);
  sqlite3_bind_int64(query.rows, number + 2, per_page * (page - 1));
  bool first = true;
  while (sqlite3_step(query.rows) == SQLITE_ROW) {
    const auto used = static_cast<std::size_t>(out - buffer_.data());
    if (const std::size_t need = used + RowBound(query.rows); need > buffer_.size()) {
      buffer_.resize(need * 2);
      out = buffer_.data() + used;
    }
    if (!first) *out++ = ',';
    first = false;
    out = PutRow(out, query.rows, query.hidden);
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
