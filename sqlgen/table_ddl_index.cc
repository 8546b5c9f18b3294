// Indexes: canonical texts for SQLite, and what PostgreSQL makes of them
// (S-36). Tested by tests/sqlgen/table_ddl_test.cc.
#include <algorithm>
#include <optional>
#include <utility>

#include "sluice/ddl.h"
#include "sluice/index_text.h"
#include "sluice/strings.h"
#include "sqlgen/table_ddl.h"

namespace sluice {
namespace {

std::string Canonical(const IndexText& index, std::string_view table) {
  constexpr DdlDialect kSqlite = DdlDialect::kSqlite;
  std::string sql = index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  if (index.if_not_exists) sql += "IF NOT EXISTS ";
  if (!index.schema.empty()) sql += QuoteName(index.schema, kSqlite) + ".";
  sql += QuoteName(index.name, kSqlite) + " ON " + QuoteName(table, kSqlite) + " (";
  const bool lines = index.columns.size() > 1;
  for (const IndexColumn& column : index.columns) {
    if (lines) sql += sql.back() == '(' ? "\n  " : ",\n  ";
    const bool expression = column.name.find_first_of("( ") != std::string::npos;
    sql += expression ? column.name : QuoteName(column.name, kSqlite);
    if (!column.collation.empty()) sql += " COLLATE " + column.collation;
    if (!column.sort.empty()) sql += " " + column.sort;
  }
  sql += lines ? "\n)" : ")";
  if (!index.where.empty()) sql += " WHERE " + index.where;
  return sql;
}

bool IsWordChar(char c) {
  const char lower = LowerAscii(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
}

// SQLite's names have no case, PostgreSQL's do.
const Field* FieldNamed(const Collection& collection, std::string_view name) {
  for (const Field& field : collection.fields) {
    if (EqualsIgnoreCase(field.name, name)) return &field;
  }
  return nullptr;
}

// An expression of SQLite with names as PostgreSQL quotes them. A text in
// double quotes that names no column is a text (S-36, X-6).
std::string PostgresExpression(std::string_view text, const Collection& collection) {
  constexpr DdlDialect kPostgres = DdlDialect::kPostgres;
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    const std::size_t begin = at;
    if (c == '\'' || c == '"' || c == '`' || c == '[') {
      at = std::min(text.find(c == '[' ? ']' : c, at + 1), text.size() - 1) + 1;
      const std::string_view inner = text.substr(begin + 1, at - begin < 2 ? 0 : at - begin - 2);
      const Field* field = c == '\'' ? nullptr : FieldNamed(collection, inner);
      if (field != nullptr) {
        out += QuoteName(field->name, kPostgres);
      } else if (c == '"') {
        out += '\'';
        for (char d : inner) out += d == '\'' ? std::string("''") : std::string(1, d);
        out += '\'';
      } else {
        out +=
            c == '\'' ? std::string(text.substr(begin, at - begin)) : QuoteName(inner, kPostgres);
      }
    } else if (IsWordChar(c)) {
      while (at < text.size() && IsWordChar(text[at])) ++at;
      const std::string_view word = text.substr(begin, at - begin);
      const bool call = at < text.size() && text[at] == '(';
      const Field* field = call ? nullptr : FieldNamed(collection, word);
      out += field != nullptr ? QuoteName(field->name, kPostgres) : std::string(word);
    } else {
      ++at;
      if (text.substr(begin, 2) == "==") ++at;
      out += c;
    }
  }
  return out;
}

// Keys are ordered as ORDER BY of sqlgen/dialect_postgres.cc asks for.
std::string PostgresIndex(const IndexText& index, const Collection& collection) {
  constexpr DdlDialect kPostgres = DdlDialect::kPostgres;
  std::string sql = index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  if (index.if_not_exists) sql += "IF NOT EXISTS ";
  sql += QuoteName(index.name, kPostgres) + " ON " + QuoteName(collection.name, kPostgres) + " (";
  for (const IndexColumn& column : index.columns) {
    if (sql.back() != '(') sql += ", ";
    const Field* field = FieldNamed(collection, column.name);
    const bool expression =
        field == nullptr && column.name.find_first_of("( ") != std::string::npos;
    std::string key = field != nullptr ? QuoteName(field->name, kPostgres)
                      : expression     ? "(" + PostgresExpression(column.name, collection) + ")"
                                       : QuoteName(column.name, kPostgres);
    if (EqualsIgnoreCase(column.collation, "nocase")) key = "lower(" + key + " COLLATE \"C\")";
    if (EqualsIgnoreCase(column.collation, "rtrim")) key = "rtrim(" + key + ",' ')";
    sql += key + (column.sort == "DESC" ? " DESC NULLS LAST" : " ASC NULLS FIRST");
  }
  sql += ")";
  if (!index.where.empty()) sql += " WHERE " + PostgresExpression(index.where, collection);
  return sql;
}

}  // namespace

std::string CanonicalIndex(std::string_view sql, std::string_view table) {
  const std::optional<IndexText> index = ParseIndexText(sql);
  return index ? Canonical(*index, table) : std::string();
}

std::string StoredIndex(std::string_view sql, std::string_view table) {
  const std::optional<IndexText> index = ParseIndexText(sql);
  return index && index->table != table ? Canonical(*index, table) : std::string(sql);
}

std::string CreateIndex(std::string_view sql, const Collection& collection, DdlDialect dialect) {
  const std::optional<IndexText> index = ParseIndexText(sql);
  if (!index) return {};
  return dialect == DdlDialect::kSqlite ? Canonical(*index, collection.name)
                                        : PostgresIndex(*index, collection);
}

std::string DropIndex(std::string_view name, DdlDialect dialect) {
  return "DROP INDEX IF EXISTS " + QuoteName(name, dialect);
}

}  // namespace sluice
