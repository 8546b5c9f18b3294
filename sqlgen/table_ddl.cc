// Tables, views, and what turns one table into another (S-27 to S-31, S-38,
// S-39). Indexes are in table_ddl_index.cc. Tested by
// tests/sqlgen/table_ddl_test.cc on a real SQLite.
#include "sqlgen/table_ddl.h"

#include <algorithm>
#include <utility>

#include "sluice/ddl.h"
#include "sluice/strings.h"

namespace sluice {
namespace {

std::string_view SqliteColumn(const Field& field) {
  if (field.multiple()) return "JSON DEFAULT '[]' NOT NULL";
  switch (field.type) {
    case FieldType::kNumber:
      return "NUMERIC DEFAULT 0 NOT NULL";
    case FieldType::kBool:
      return "BOOLEAN DEFAULT FALSE NOT NULL";
    case FieldType::kJson:
      return "JSON DEFAULT NULL";
    case FieldType::kGeoPoint:
      return R"(JSON DEFAULT '{"lon":0,"lat":0}' NOT NULL)";
    case FieldType::kText:
      if (field.primary_key)
        return "TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL";
      [[fallthrough]];
    case FieldType::kEmail:
    case FieldType::kUrl:
    case FieldType::kEditor:
    case FieldType::kDate:
    case FieldType::kAutodate:
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile:
    case FieldType::kPassword:
      return "TEXT DEFAULT '' NOT NULL";
  }
  return "";
}

// Texts in byte order, as SQLite has them; JSON stays text, because it need
// not be valid (S-115).
std::string_view PostgresColumn(const Field& field) {
  if (field.multiple()) return R"(text COLLATE "C" DEFAULT '[]' NOT NULL)";
  switch (field.type) {
    case FieldType::kNumber:
      return "double precision DEFAULT 0 NOT NULL";
    case FieldType::kBool:
      return "smallint DEFAULT 0 NOT NULL";
    case FieldType::kJson:
      return R"(text COLLATE "C" DEFAULT NULL)";
    case FieldType::kGeoPoint:
      return R"(text COLLATE "C" DEFAULT '{"lon":0,"lat":0}' NOT NULL)";
    case FieldType::kText:
      if (field.primary_key) {
        return R"(text COLLATE "C" PRIMARY KEY DEFAULT ('r'||substr(replace(gen_random_uuid()::text,'-',''),1,14)) NOT NULL)";
      }
      [[fallthrough]];
    case FieldType::kEmail:
    case FieldType::kUrl:
    case FieldType::kEditor:
    case FieldType::kDate:
    case FieldType::kAutodate:
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile:
    case FieldType::kPassword:
      return R"(text COLLATE "C" DEFAULT '' NOT NULL)";
  }
  return "";
}

// The value that a column gets when its field turns multiple or single (S-39).
// SQLite cannot put a blob into JSON; as a text it can.
std::string Converted(const std::string& old, bool to_multiple, DdlDialect dialect) {
  if (dialect == DdlDialect::kPostgres) {
    if (to_multiple) {
      return "CASE WHEN COALESCE(" + old + ",'')='' THEN '[]' WHEN sluice.is_list(" + old +
             ") THEN " + old + " ELSE json_build_array(" + old + ")::text END";
    }
    return "CASE WHEN COALESCE(" + old + ",'[]')='[]' THEN '' WHEN sluice.is_list(" + old +
           ") THEN COALESCE(sluice.text(sluice.json_value(" + old + "::json -> -1)),'') ELSE " +
           old + " END";
  }
  const std::string list = "json_valid(" + old + ") AND json_type(" + old + ")='array'";
  if (to_multiple) {
    return "CASE WHEN COALESCE(" + old + ",'')='' THEN '[]' WHEN " + list + " THEN " + old +
           " ELSE json_array(CASE typeof(" + old + ") WHEN 'blob' THEN CAST(" + old +
           " AS TEXT) ELSE " + old + " END) END";
  }
  return "CASE WHEN COALESCE(" + old + ",'[]')='[]' THEN '' WHEN " + list +
         " THEN COALESCE(json_extract(" + old + ",'$[#-1]'),'') ELSE " + old + " END";
}

bool SameField(const Field& a, const Field& b) {
  return a.id == b.id && a.name == b.name && a.type == b.type && a.max_select == b.max_select &&
         a.options_json == b.options_json;
}

bool SameTable(const Collection& a, const Collection& b) {
  const auto same_index = [](const Index& x, const Index& y) { return x.sql == y.sql; };
  return a.name == b.name &&
         std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
                    SameField) &&
         std::equal(a.indexes.begin(), a.indexes.end(), b.indexes.begin(), b.indexes.end(),
                    same_index);
}

class TableChanger {
 public:
  TableChanger(const Collection& before, const Collection& after, DdlDialect dialect,
               const std::function<std::string()>& random_suffix)
      : before_(before), after_(after), dialect_(dialect), random_suffix_(random_suffix) {
    alter_ = "ALTER TABLE " + QuoteName(after.name, dialect) + " ";
  }

  TableChange Run() {
    DropIndexes();
    RenameTable();
    DropColumns();
    AddAndRenameColumns();
    for (const Field& field : after_.fields) Convert(field);
    for (const Index& index : after_.indexes)
      Add(change_.indexes, CreateIndex(index.sql, after_, dialect_));
    return std::move(change_);
  }

 private:
  static void Add(std::vector<TableStep>& steps, std::string sql, std::string failure = {}) {
    steps.push_back({std::move(sql), std::move(failure)});
  }

  const Field* Old(const Field& field) const {
    return field.id.empty() ? nullptr : before_.FindFieldById(field.id);
  }

  std::string Rename(std::string_view from, std::string_view to) const {
    return alter_ + "RENAME COLUMN " + QuoteName(from, dialect_) + " TO " + QuoteName(to, dialect_);
  }

  std::string AddColumn(std::string_view name, const Field& field) const {
    return alter_ + "ADD " + QuoteName(name, dialect_) + " " + ColumnDefinition(field, dialect_);
  }

  void DropIndexes() {
    for (const Index& index : before_.indexes) {
      if (!index.name.empty()) Add(change_.steps, DropIndex(index.name, dialect_));
    }
  }

  // SQLite's names have no case, and a table keeps its spelling (S-40).
  void RenameTable() {
    const bool same = dialect_ == DdlDialect::kSqlite ? EqualsIgnoreCase(before_.name, after_.name)
                                                      : before_.name == after_.name;
    if (same) return;
    Add(change_.steps, "ALTER TABLE " + QuoteName(before_.name, dialect_) + " RENAME TO " +
                           QuoteName(after_.name, dialect_));
  }

  void DropColumns() {
    for (const Field& field : before_.fields) {
      if (!field.id.empty() && after_.FindFieldById(field.id) != nullptr) continue;
      Add(change_.steps, alter_ + "DROP COLUMN " + QuoteName(field.name, dialect_),
          "failed to drop column " + field.name);
    }
  }

  void AddAndRenameColumns() {
    std::vector<std::string> last;
    for (const Field& field : after_.fields) {
      const Field* old = Old(field);
      if (old != nullptr && old->name == field.name) continue;
      const std::string aside = field.name + random_suffix_();
      Add(change_.steps, old == nullptr ? AddColumn(aside, field) : Rename(old->name, aside));
      last.push_back(Rename(aside, field.name));
    }
    for (std::string& sql : last) Add(change_.steps, std::move(sql));
  }

  // A new multiple field passes through it too in SQLite, as the peer's does:
  // the text of the table tells (S-39).
  void Convert(const Field& field) {
    const Field* old = Old(field);
    if ((old != nullptr && old->multiple()) == field.multiple()) return;
    if (old == nullptr && dialect_ == DdlDialect::kPostgres) return;
    const std::string aside = "_" + field.name + random_suffix_();
    Add(change_.conversions, Rename(field.name, aside));
    Add(change_.conversions, AddColumn(field.name, field));
    Add(change_.conversions, "UPDATE " + QuoteName(after_.name, dialect_) + " SET " +
                                 QuoteName(field.name, dialect_) + " = " +
                                 Converted(QuoteName(aside, dialect_), field.multiple(), dialect_));
    Add(change_.conversions, alter_ + "DROP COLUMN " + QuoteName(aside, dialect_));
  }

  const Collection& before_;
  const Collection& after_;
  const DdlDialect dialect_;
  const std::function<std::string()>& random_suffix_;
  std::string alter_;
  TableChange change_;
};

}  // namespace

std::string QuoteName(std::string_view name, DdlDialect dialect) {
  const char quote = dialect == DdlDialect::kSqlite ? '`' : '"';
  std::string out(1, quote);
  for (char c : name) {
    if (c == quote) out += quote;
    out += c;
  }
  out += quote;
  return out;
}

std::string ColumnDefinition(const Field& field, DdlDialect dialect) {
  return std::string(dialect == DdlDialect::kSqlite ? SqliteColumn(field) : PostgresColumn(field));
}

std::string CreateTable(const Collection& collection, DdlDialect dialect) {
  std::vector<const Field*> fields;
  for (const Field& field : collection.fields) fields.push_back(&field);
  std::stable_sort(fields.begin(), fields.end(),
                   [](const Field* a, const Field* b) { return a->name < b->name; });
  std::string sql = "CREATE TABLE " + QuoteName(collection.name, dialect) + " (";
  for (const Field* field : fields) {
    if (sql.back() != '(') sql += ", ";
    sql += QuoteName(field->name, dialect) + " " + ColumnDefinition(*field, dialect);
  }
  if (dialect == DdlDialect::kPostgres) {
    if (sql.back() != '(') sql += ", ";
    sql += R"("_rowid_" bigint GENERATED BY DEFAULT AS IDENTITY UNIQUE)";
  }
  return sql + ")";
}

std::string DropTable(const Collection& collection, DdlDialect dialect) {
  return "DROP TABLE IF EXISTS " + QuoteName(collection.name, dialect);
}

std::string DropView(std::string_view name, DdlDialect dialect) {
  return "DROP VIEW IF EXISTS " + QuoteName(name, dialect);
}

std::string CreateView(std::string_view name, std::string_view query,
                       const std::vector<std::string>& columns, bool cast_id, DdlDialect dialect) {
  const bool postgres = dialect == DdlDialect::kPostgres;
  std::string from = "FROM (" + std::string(query) + ")";
  if (postgres) from += " AS \"view_query\"";
  std::string list;
  for (const std::string& column : columns) {
    const std::string quoted = QuoteName(column, dialect);
    if (!list.empty()) list += ",";
    list += column == "id" ? "CAST(" + quoted + (postgres ? " AS text) AS " : " as TEXT) ") + quoted
                           : quoted;
  }
  std::string sql = "CREATE VIEW " + QuoteName(name, dialect) + " AS SELECT * ";
  if (!cast_id || list.empty()) return sql + from;
  return sql + "FROM (SELECT " + list + " " + from + (postgres ? ") AS \"view_rows\"" : ")");
}

TableChange AlterTable(const Collection& before, const Collection& after, DdlDialect dialect,
                       const std::function<std::string()>& random_suffix) {
  if (before.is_view() || after.is_view() || SameTable(before, after)) return {};
  return TableChanger(before, after, dialect, random_suffix).Run();
}

}  // namespace sluice
