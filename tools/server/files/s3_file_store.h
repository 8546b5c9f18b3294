// The files of records in a bucket of S3, by the same keys as on the disk
// (S-58). What a sidecar holds there are the object's own properties here.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/files/file_store.h"
#include "tools/server/s3/client.h"

namespace sluice::files {

class S3FileStore : public FileStore {
 public:
  // Without a client every call fails as the client did. `spool_folder`: for
  // what is fetched to this machine.
  S3FileStore(StatusOr<std::shared_ptr<const s3::Client>> client, std::string place,
              std::string spool_folder);

  bool is_remote() const override { return true; }
  const std::string& place() const override { return place_; }
  Status Put(const FileKey& key, const http::FileContent& content,
             const PutOptions& options) const override;
  void Open(const FileKey& key, Opened done) const override;
  void OpenThumb(const FileKey& key, std::string_view size, Opened done) const override;
  Status PutThumb(const FileKey& key, std::string_view size, const http::FileContent& content,
                  std::string_view content_type) const override;
  StatusOr<http::FileContent> Fetch(const FileKey& key) const override;
  Status Delete(const FileKey& key) const override;
  // There are no folders.
  void DeleteEmptyRecordFolder(std::string_view, std::string_view) const override {}
  Status DeleteRecordFolder(std::string_view collection_id, std::string_view record_id,
                            std::span<const std::string> kept) const override;
  Status DeleteCollectionFolder(std::string_view collection_id) const override;

 private:
  void OpenObject(const std::string& object, Opened done) const;

  const StatusOr<std::shared_ptr<const s3::Client>> client_;
  const std::string place_;
  const std::string spool_folder_;
};

}  // namespace sluice::files
