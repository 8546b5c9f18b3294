// The tables that are no collections: their DDL as the peer writes it (S-12,
// S-15, S-16, S-26), and the writing of their rows. All calls belong into a
// transaction of the caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

// `_migrations`, `_params`, `_collections` and its index, in an empty data.db.
Status CreateSystemTables(Connection& connection);

// `_logs` and its indexes, in an empty auxiliary.db.
Status CreateLogsTable(Connection& connection);

struct MigrationRow {
  std::string file;
  std::int64_t applied_micros = 0;
};
Status InsertMigration(Connection& connection, const MigrationRow& row);

// A row of `_collections`; fields, indexes and options are JSON texts (S-17).
struct CollectionRow {
  std::string id;
  bool system = false;
  std::string type;
  std::string name;
  std::string fields;
  std::string indexes;
  RuleText list_rule;
  RuleText view_rule;
  RuleText create_rule;
  RuleText update_rule;
  RuleText delete_rule;
  std::string options;
  std::string now;  // created and updated (S-41)
};
Status InsertCollection(Connection& connection, const CollectionRow& row);

// The settings as stored: JSON, or base64 when they are encrypted (S-15).
// Nothing when there is no row.
StatusOr<std::optional<std::string>> ReadSettingsRow(Connection& connection);

// Makes or replaces the row: a BLOB, or a TEXT when `encrypted`.
struct SettingsRow {
  std::string value;
  bool encrypted = false;
  std::string now;
};
Status WriteSettingsRow(Connection& connection, const SettingsRow& row);

}  // namespace sluice::store
