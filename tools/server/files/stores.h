// The store that the settings name, which may change while others are used.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "sluice/status.h"
#include "tools/server/files/file_store.h"
#include "tools/server/s3/client.h"

namespace sluice::files {

using FileStorePtr = std::shared_ptr<const FileStore>;

// All members may be called from several threads at once.
class Stores {
 public:
  // `network` carries all conversations with S3. `options` are those of every
  // client; `spool_folder` is where what is fetched waits.
  Stores(FileStorePtr local, std::shared_ptr<s3::Network> network, s3::ClientOptions options,
         std::string spool_folder);

  // The local store, or the one of that bucket. Cheap while the answer is the
  // same; never fails: what is wrong with the config is told by the store.
  FileStorePtr By(const std::optional<s3::Config>& config) const;

  // A bucket that is not for files of records.
  StatusOr<std::shared_ptr<const s3::Client>> Bucket(const s3::Config& config) const;

 private:
  const FileStorePtr local_;
  const std::shared_ptr<s3::Network> network_;
  const s3::ClientOptions options_;
  const std::string spool_folder_;
  mutable std::mutex mutex_;
  mutable std::pair<s3::Config, FileStorePtr> remote_;  // guarded by mutex_
};

}  // namespace sluice::files
