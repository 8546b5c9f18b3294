// Where backups are kept: in `backups/` of the data folder, or in a bucket of S3
// (S-97).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/status.h"
#include "tools/server/http/file_content.h"

namespace sluice::backups {

struct BackupInfo {
  std::string key;
  std::uint64_t size = 0;
  std::int64_t modified_millis = 0;
};

struct BackupContent {
  http::FileContent content;
  std::int64_t modified_seconds = 0;
};

// What a name may be: anything that stays in the folder.
bool IsBackupKey(std::string_view key);

// All members may be called from several threads at once, with keys of any
// form, and wait; where is_remote() says so, maybe for seconds. kUnavailable
// when another machine does not answer, or refuses.
class BackupStore {
 public:
  virtual ~BackupStore() = default;
  virtual bool is_remote() const = 0;
  // By name.
  virtual StatusOr<std::vector<BackupInfo>> List() const = 0;
  virtual StatusOr<bool> Has(std::string_view key) const = 0;
  // To be sent; kNotFound where there is none.
  virtual StatusOr<BackupContent> Open(std::string_view key) const = 0;
  // On this machine, in a file.
  virtual StatusOr<http::FileContent> Fetch(std::string_view key) const = 0;
  virtual Status Put(std::string_view key, const http::FileContent& content) const = 0;
  // The file at `path` becomes a backup, and is there no more.
  virtual Status Take(std::string_view key, const std::string& path) const = 0;
  // kNotFound where there is none.
  virtual Status Remove(std::string_view key) const = 0;
};
using BackupStorePtr = std::shared_ptr<const BackupStore>;

}  // namespace sluice::backups
