// The files of records on the local disk: `storage/` of a data folder (S-58 to
// S-60, S-65, R-89).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/http/file_content.h"

namespace sluice::files {

// Which file: the ids are ids, never names. Any bytes may be in them: whatever
// is no single segment of a path (empty, `.`, `..`, with '/' or NUL) is never
// found and cannot be stored, so no key leads out of the folder.
struct FileKey {
  std::string_view collection_id;
  std::string_view record_id;
  std::string_view name;
};

struct StoredContent {
  http::FileContent content;
  // As the sidecar says; application/octet-stream when there is none.
  std::string content_type;
  std::int64_t modified_seconds = 0;  // Unix time
};

struct PutOptions {
  std::string content_type;
  // The client's name of the file.
  std::string original_name;
};

struct FileStoreOptions {
  // Content and sidecar are on the disk before a file gets its name. A row that
  // survives a loss of power then has its file: the row's way to the disk goes
  // through a later flush of the same disk. The peer does without (S-60).
  bool flush = true;
  // The names are, too, before a file counts as stored: for folders whose rows
  // are on the disk before they are answered.
  bool flush_folders = false;
};

// All members may be called from several threads at once; they wait for the
// disk, so none is for an I/O thread.
class FileStore {
 public:
  // `root` is made when something is first stored.
  explicit FileStore(std::string root, const FileStoreOptions& options = {});

  // Stores `content` and its sidecar; an older file of that name is replaced as
  // a whole. After a failure nothing of it is left. kInvalidArgument for a name
  // that cannot be stored, such as `x.attrs`; kResourceExhausted when the disk
  // is full; else kInternal.
  Status Put(const FileKey& key, const http::FileContent& content, const PutOptions& options) const;

  // kNotFound also for a sidecar that cannot be read (S-59).
  StatusOr<StoredContent> Open(const FileKey& key) const;

  // The same of `thumbs_{name}/{size}_{name}`; `size` is a thumb's (S-69).
  Status PutThumb(const FileKey& key, std::string_view size, const http::FileContent& content,
                  std::string_view content_type) const;
  StatusOr<StoredContent> OpenThumb(const FileKey& key, std::string_view size) const;

  // Removes the file, its sidecar and its thumbs. What is not there is no
  // failure.
  Status Delete(const FileKey& key) const;
  // Removes the folder of a record if nothing is in it (S-64).
  void DeleteEmptyRecordFolder(std::string_view collection_id, std::string_view record_id) const;
  // Removes everything of a record but the files named in `kept`, which is for
  // ids that were deleted and used again at once. S-65.
  Status DeleteRecordFolder(std::string_view collection_id, std::string_view record_id,
                            std::span<const std::string> kept = {}) const;
  // Everything of a collection.
  Status DeleteCollectionFolder(std::string_view collection_id) const;

  const std::string& root() const { return root_; }

 private:
  struct Attributes;

  Status FlushFolders(const std::filesystem::path& folder) const;
  Status Write(const std::string& folder, const std::string& name, const http::FileContent& content,
               Attributes attributes) const;

  const std::string root_;
  const FileStoreOptions options_;
};

}  // namespace sluice::files
