// The texts are byte for byte those of a folder that the peer made, blanks
// included. Tested by tests/server/folder_test.cc.
#include "tools/server/store/system_tables.h"

#include <array>
#include <cstdlib>

namespace sluice::store {
namespace {

constexpr char kMigrations[] =
    "CREATE TABLE `_migrations` (file VARCHAR(255) PRIMARY KEY NOT NULL, applied INTEGER NOT NULL)";

constexpr char kParams[] =
    "CREATE TABLE `_params` (\n"
    "\t\t\t`id`      TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL,\n"
    "\t\t\t`value`   JSON DEFAULT NULL,\n"
    "\t\t\t`created` TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL,\n"
    "\t\t\t`updated` TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL\n"
    "\t\t)";

constexpr char kCollections[] =
    "CREATE TABLE `_collections` (\n"
    "\t\t\t\t`id`         TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL,\n"
    "\t\t\t\t`system`     BOOLEAN DEFAULT FALSE NOT NULL,\n"
    "\t\t\t\t`type`       TEXT DEFAULT \"base\" NOT NULL,\n"
    "\t\t\t\t`name`       TEXT UNIQUE NOT NULL,\n"
    "\t\t\t\t`fields`     JSON DEFAULT \"[]\" NOT NULL,\n"
    "\t\t\t\t`indexes`    JSON DEFAULT \"[]\" NOT NULL,\n"
    "\t\t\t\t`listRule`   TEXT DEFAULT NULL,\n"
    "\t\t\t\t`viewRule`   TEXT DEFAULT NULL,\n"
    "\t\t\t\t`createRule` TEXT DEFAULT NULL,\n"
    "\t\t\t\t`updateRule` TEXT DEFAULT NULL,\n"
    "\t\t\t\t`deleteRule` TEXT DEFAULT NULL,\n"
    "\t\t\t\t`options`    JSON DEFAULT \"{}\" NOT NULL,\n"
    "\t\t\t\t`created`    TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL,\n"
    "\t\t\t\t`updated`    TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL\n"
    "\t\t\t)";

constexpr char kCollectionsIndex[] =
    "CREATE INDEX idx__collections_type on `_collections` (`type`)";

constexpr char kLogs[] =
    "CREATE TABLE `_logs` (\n"
    "\t\t\t`id`      TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL,\n"
    "\t\t\t`level`   INTEGER DEFAULT 0 NOT NULL,\n"
    "\t\t\t`message` TEXT DEFAULT \"\" NOT NULL,\n"
    "\t\t\t`data`    JSON DEFAULT \"{}\" NOT NULL,\n"
    "\t\t\t`created` TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL\n"
    "\t\t)";

constexpr char kLogsIndexes[] =
    "CREATE INDEX idx_logs_level on `_logs` (`level`);"
    "CREATE INDEX idx_logs_message on `_logs` (`message`);"
    "CREATE INDEX idx_logs_created_hour on `_logs` (strftime('%Y-%m-%d %H:00:00', `created`))";

ValueView Nullable(const RuleText& rule) {
  return rule ? ValueView::Text(*rule) : ValueView::Null();
}

}  // namespace

char* PutStoredTime(char* out, std::chrono::system_clock::time_point time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  const auto put = [&out](std::int64_t number, std::int64_t highest, char behind) {
    for (; highest > 0; highest /= 10) *out++ = static_cast<char>('0' + number / highest % 10);
    *out++ = behind;
  };
  // Clocks that are wrong are wrong by less than ten thousand years.
  put(std::abs(static_cast<int>(date.year())), 1000, '-');
  put(static_cast<unsigned>(date.month()), 10, '-');
  put(static_cast<unsigned>(date.day()), 10, ' ');
  put(clock.hours().count(), 10, ':');
  put(clock.minutes().count(), 10, ':');
  put(clock.seconds().count(), 10, '.');
  put(clock.subseconds().count(), 100, 'Z');
  return out;
}

std::string StoredTime(std::chrono::system_clock::time_point time) {
  std::array<char, kStoredTimeRoom> text{};
  return {text.data(), PutStoredTime(text.data(), time)};
}

Status CreateSystemTables(Connection& connection) {
  SLUICE_RETURN_IF_ERROR(connection.Execute(kMigrations));
  SLUICE_RETURN_IF_ERROR(connection.Execute(kParams));
  SLUICE_RETURN_IF_ERROR(connection.Execute(kCollections));
  return connection.Execute(kCollectionsIndex);
}

Status CreateLogsTable(Connection& connection) {
  SLUICE_RETURN_IF_ERROR(connection.Execute(kLogs));
  return connection.Execute(kLogsIndexes);
}

Status InsertMigration(Connection& connection, const MigrationRow& row) {
  SLUICE_ASSIGN_OR_RETURN(
      Statement * statement,
      connection.Prepare("INSERT INTO _migrations (file, applied) VALUES (?1, ?2)"));
  const StatementUse use(statement);
  use->Bind(1, ValueView::Text(row.file));
  use->Bind(2, ValueView::Integer(row.applied_micros));
  return use->Step().status();
}

Status InsertCollection(Connection& connection, const CollectionRow& row) {
  SLUICE_ASSIGN_OR_RETURN(
      Statement * statement,
      connection.Prepare(
          "INSERT INTO _collections (id, system, type, name, fields, indexes, listRule, viewRule, "
          "createRule, updateRule, deleteRule, options, created, updated) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"));
  const StatementUse use(statement);
  use->Bind(1, ValueView::Text(row.id));
  use->Bind(2, ValueView::Integer(row.system ? 1 : 0));
  use->Bind(3, ValueView::Text(row.type));
  use->Bind(4, ValueView::Text(row.name));
  use->Bind(5, ValueView::Text(row.fields));
  use->Bind(6, ValueView::Text(row.indexes));
  use->Bind(7, Nullable(row.list_rule));
  use->Bind(8, Nullable(row.view_rule));
  use->Bind(9, Nullable(row.create_rule));
  use->Bind(10, Nullable(row.update_rule));
  use->Bind(11, Nullable(row.delete_rule));
  use->Bind(12, ValueView::Text(row.options));
  use->Bind(13, ValueView::Text(row.created));
  use->Bind(14, ValueView::Text(row.updated));
  return use->Step().status();
}

StatusOr<std::optional<std::string>> ReadSettingsRow(Connection& connection) {
  SLUICE_ASSIGN_OR_RETURN(Statement * statement,
                          connection.Prepare("SELECT value FROM _params WHERE id = 'settings'"));
  const StatementUse use(statement);
  SLUICE_ASSIGN_OR_RETURN(const bool found, use->Step());
  if (!found) return std::optional<std::string>();
  return std::optional(std::string(use->Column(0).text));
}

Status WriteSettingsRow(Connection& connection, const SettingsRow& row) {
  SLUICE_ASSIGN_OR_RETURN(
      Statement * statement,
      connection.Prepare(
          "INSERT INTO _params (id, value, created, updated) "
          "VALUES ('settings', iif(?2, ?1, CAST(?1 AS BLOB)), ?3, ?3) "
          "ON CONFLICT (id) DO UPDATE SET value = excluded.value, updated = excluded.updated"));
  const StatementUse use(statement);
  use->Bind(1, ValueView::Text(row.value));
  use->Bind(2, ValueView::Integer(row.encrypted ? 1 : 0));
  use->Bind(3, ValueView::Text(row.now));
  return use->Step().status();
}

}  // namespace sluice::store
