// Tested by tests/s3.
#include "tools/server/backups/s3_backup_store.h"

#include <algorithm>
#include <filesystem>

namespace sluice::backups {

Status S3BackupStore::Check(std::string_view key) const {
  if (!client_.ok()) return client_.status();
  return IsBackupKey(key) ? absl::OkStatus() : absl::NotFoundError("blob not found");
}

StatusOr<std::vector<BackupInfo>> S3BackupStore::List() const {
  SLUICE_RETURN_IF_ERROR(client_.status());
  std::vector<BackupInfo> found;
  // What lies deeper is somebody else's: files of records may be there, too.
  SLUICE_RETURN_IF_ERROR(
      (*client_)->List("", s3::Client::Depth::kTop, [&found](const s3::ListedObject& object) {
        if (IsBackupKey(object.key))
          found.push_back({object.key, object.size, object.modified_millis});
      }));
  std::sort(found.begin(), found.end(),
            [](const BackupInfo& a, const BackupInfo& b) { return a.key < b.key; });
  return found;
}

StatusOr<bool> S3BackupStore::Has(std::string_view key) const {
  const Status status = Open(key).status();
  if (absl::IsNotFound(status)) return false;
  if (!status.ok()) return status;
  return true;
}

StatusOr<BackupContent> S3BackupStore::Open(std::string_view key) const {
  SLUICE_RETURN_IF_ERROR(Check(key));
  SLUICE_ASSIGN_OR_RETURN(const s3::ObjectInfo info, (*client_)->Head(std::string(key)));
  return BackupContent{(*client_)->Content(std::string(key), info), info.modified_seconds};
}

StatusOr<http::FileContent> S3BackupStore::Fetch(std::string_view key) const {
  SLUICE_RETURN_IF_ERROR(Check(key));
  return (*client_)->Fetch(std::string(key), spool_folder_);
}

Status S3BackupStore::Put(std::string_view key, const http::FileContent& content) const {
  SLUICE_RETURN_IF_ERROR(Check(key));
  return (*client_)->Put(std::string(key), content,
                         {.content_type = "application/zip",
                          .metadata = {{"x-amz-meta-original-filename", std::string(key)}}});
}

Status S3BackupStore::Take(std::string_view key, const std::string& path) const {
  SLUICE_ASSIGN_OR_RETURN(const http::FileContent content, http::FileContent::Open(path));
  SLUICE_RETURN_IF_ERROR(Put(key, content));
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  return absl::OkStatus();
}

Status S3BackupStore::Remove(std::string_view key) const {
  // S3 removes what is not there without a word.
  SLUICE_RETURN_IF_ERROR(Open(key).status());
  return (*client_)->Delete(std::string(key));
}

}  // namespace sluice::backups
