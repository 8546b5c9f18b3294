// Backups in `backups/` of a data folder.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/server/backups/backup_store.h"

namespace sluice::backups {

class LocalBackupStore : public BackupStore {
 public:
  explicit LocalBackupStore(std::string folder) : folder_(std::move(folder)) {}

  bool is_remote() const override { return false; }
  StatusOr<std::vector<BackupInfo>> List() const override;
  StatusOr<bool> Has(std::string_view key) const override;
  StatusOr<BackupContent> Open(std::string_view key) const override;
  StatusOr<http::FileContent> Fetch(std::string_view key) const override;
  Status Put(std::string_view key, const http::FileContent& content) const override;
  Status Take(std::string_view key, const std::string& path) const override;
  Status Remove(std::string_view key) const override;

 private:
  bool IsThere(std::string_view key) const;
  std::string PathOf(std::string_view key) const;
  Status MakeFolder() const;

  const std::string folder_;
};

}  // namespace sluice::backups
