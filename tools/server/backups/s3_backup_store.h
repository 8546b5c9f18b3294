// Backups in a bucket of S3, at its top.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/server/backups/backup_store.h"
#include "tools/server/s3/client.h"

namespace sluice::backups {

class S3BackupStore : public BackupStore {
 public:
  // Without a client every call fails as the client did. `spool_folder`: for
  // what is fetched to this machine.
  S3BackupStore(StatusOr<std::shared_ptr<const s3::Client>> client, std::string spool_folder)
      : client_(std::move(client)), spool_folder_(std::move(spool_folder)) {}

  bool is_remote() const override { return true; }
  StatusOr<std::vector<BackupInfo>> List() const override;
  StatusOr<bool> Has(std::string_view key) const override;
  StatusOr<BackupContent> Open(std::string_view key) const override;
  StatusOr<http::FileContent> Fetch(std::string_view key) const override;
  Status Put(std::string_view key, const http::FileContent& content) const override;
  Status Take(std::string_view key, const std::string& path) const override;
  Status Remove(std::string_view key) const override;

 private:
  Status Check(std::string_view key) const;

  const StatusOr<std::shared_ptr<const s3::Client>> client_;
  const std::string spool_folder_;
};

}  // namespace sluice::backups
