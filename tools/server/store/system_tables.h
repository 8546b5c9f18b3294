// The tables that are no collections: their DDL as the peer writes it (S-12,
// S-15, S-16, S-26), and the writing of their rows. All calls belong into a
// transaction of the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::store {

// `2026-11-21 18:46:05.712Z`: how times are stored (S-41).
std::string StoredTime(std::chrono::system_clock::time_point time);

// The same, written to memory that has room for it; returns the end.
char* PutStoredTime(char* out, std::chrono::system_clock::time_point time);
constexpr std::size_t kStoredTimeRoom = 32;

// `_migrations`, `_params`, `_collections` and its index, in an empty data.db.
Status CreateSystemTables(Connection& connection);

// `_logs` and its indexes, in an empty auxiliary.db.
Status CreateLogsTable(Connection& connection);

struct MigrationRow {
  std::string file;
  std::int64_t applied_micros = 0;
};
Status InsertMigration(Connection& connection, const MigrationRow& row);

// A row of `_collections` (S-17).
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
