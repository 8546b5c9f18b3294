// Tested by tests/s3.
#include "tools/server/files/s3_file_store.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sluice::files {
namespace {

constexpr std::size_t kOriginalNameMax = 255;

Status NoSuchKey() { return absl::NotFoundError("no such file"); }

}  // namespace

S3FileStore::S3FileStore(StatusOr<std::shared_ptr<const s3::Client>> client, std::string place,
                         std::string spool_folder)
    : client_(std::move(client)),
      place_(std::move(place)),
      spool_folder_(std::move(spool_folder)) {}

Status S3FileStore::Put(const FileKey& key, const http::FileContent& content,
                        const PutOptions& options) const {
  SLUICE_RETURN_IF_ERROR(client_.status());
  const std::optional<KeyPath> path = PathOfKey(key);
  if (!path) {
    return absl::InvalidArgumentError("not a name for a file");
  }
  s3::ObjectAttributes attributes;
  attributes.content_type = options.content_type;
  attributes.metadata = {
      {"x-amz-meta-original-filename", options.original_name.substr(0, kOriginalNameMax)}};
  return (*client_)->Put(path->file(), content, attributes);
}

Status S3FileStore::PutThumb(const FileKey& key, std::string_view size,
                             const http::FileContent& content,
                             std::string_view content_type) const {
  SLUICE_RETURN_IF_ERROR(client_.status());
  const std::optional<KeyPath> path = PathOfKey(key);
  const std::optional<std::string> thumb = path ? path->thumb(size) : std::nullopt;
  if (!thumb) {
    return absl::InvalidArgumentError("not a name for a thumb");
  }
  s3::ObjectAttributes attributes;
  attributes.content_type = std::string(content_type);
  return (*client_)->Put(*thumb, content, attributes);
}

void S3FileStore::OpenObject(const std::string& object, Opened done) const {
  if (!client_.ok()) {
    return done(client_.status());
  }
  (*client_)->Head(
      object, [client = *client_, object, done = std::move(done)](StatusOr<s3::ObjectInfo> info) {
        if (!info.ok()) {
          return done(info.status());
        }
        StoredContent stored;
        stored.content = client->Content(object, *info);
        stored.content_type = std::move(info->content_type);
        if (stored.content_type.empty()) {
          stored.content_type = "application/octet-stream";
        }
        stored.modified_seconds = info->modified_seconds;
        done(std::move(stored));
      });
}

void S3FileStore::Open(const FileKey& key, Opened done) const {
  const std::optional<KeyPath> path = PathOfKey(key);
  path ? OpenObject(path->file(), std::move(done)) : done(NoSuchKey());
}

void S3FileStore::OpenThumb(const FileKey& key, std::string_view size, Opened done) const {
  const std::optional<KeyPath> path = PathOfKey(key);
  const std::optional<std::string> thumb = path ? path->thumb(size) : std::nullopt;
  thumb ? OpenObject(*thumb, std::move(done)) : done(NoSuchKey());
}

StatusOr<http::FileContent> S3FileStore::Fetch(const FileKey& key) const {
  SLUICE_RETURN_IF_ERROR(client_.status());
  const std::optional<KeyPath> path = PathOfKey(key);
  return path ? (*client_)->Fetch(path->file(), spool_folder_) : NoSuchKey();
}

Status S3FileStore::Delete(const FileKey& key) const {
  SLUICE_RETURN_IF_ERROR(client_.status());
  const std::optional<KeyPath> path = PathOfKey(key);
  if (!path) {
    return absl::OkStatus();
  }
  SLUICE_RETURN_IF_ERROR((*client_)->Delete(path->file()));
  return (*client_)->DeleteAll(path->thumbs() + "/", nullptr);
}

Status S3FileStore::DeleteRecordFolder(std::string_view collection_id, std::string_view record_id,
                                       std::span<const std::string> kept) const {
  SLUICE_RETURN_IF_ERROR(client_.status());
  const auto collection = KeySegment(collection_id);
  const auto record = KeySegment(record_id);
  if (!collection || !record) {
    return absl::OkStatus();
  }
  const std::string prefix = *collection + "/" + *record + "/";
  return (*client_)->DeleteAll(prefix, [&](std::string_view object) {
    return std::find(kept.begin(), kept.end(), object.substr(prefix.size())) != kept.end();
  });
}

Status S3FileStore::DeleteCollectionFolder(std::string_view collection_id) const {
  SLUICE_RETURN_IF_ERROR(client_.status());
  const auto collection = KeySegment(collection_id);
  return collection ? (*client_)->DeleteAll(*collection + "/", nullptr) : absl::OkStatus();
}

}  // namespace sluice::files
