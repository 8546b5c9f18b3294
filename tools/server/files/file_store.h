// Where the files of records are kept: on the local disk or on S3 (S-58 to S-60,
// S-65, R-89).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/files/file_key.h"
#include "tools/server/http/file_content.h"

namespace sluice::files {

struct StoredContent {
  http::FileContent content;
  // As stored; application/octet-stream when nothing is said.
  std::string content_type;
  std::int64_t modified_seconds = 0;  // Unix time
};

struct PutOptions {
  std::string content_type;
  // The client's name of the file.
  std::string original_name;
};

// All members may be called from several threads at once. All but Open and
// OpenThumb wait for a disk or for another machine: they are not for an I/O
// thread, and where is_remote() says so not for one that others wait for.
class FileStore {
 public:
  virtual ~FileStore() = default;

  // Whether what waits may wait for seconds.
  virtual bool is_remote() const = 0;
  // The same text for stores of the same place.
  virtual const std::string& place() const = 0;

  // Stores `content`; an older file of that name is replaced as a whole. After a
  // failure nothing of it is left, unless the store cannot be reached any more.
  // kInvalidArgument for a name that cannot be stored, such as `x.attrs`;
  // kResourceExhausted when the disk is full; kUnavailable when another machine
  // does not take it; else kInternal.
  virtual Status Put(const FileKey& key, const http::FileContent& content,
                     const PutOptions& options) const = 0;

  // Called once, on the calling thread or on one that must not wait.
  using Opened = std::function<void(StatusOr<StoredContent>)>;
  // kNotFound where there is no such file; kUnavailable as above.
  virtual void Open(const FileKey& key, Opened done) const = 0;
  // The same of `thumbs_{name}/{size}_{name}`; `size` is a thumb's (S-69).
  virtual void OpenThumb(const FileKey& key, std::string_view size, Opened done) const = 0;
  virtual Status PutThumb(const FileKey& key, std::string_view size,
                          const http::FileContent& content,
                          std::string_view content_type) const = 0;

  // The content, on this machine.
  virtual StatusOr<http::FileContent> Fetch(const FileKey& key) const = 0;

  // Removes the file and its thumbs. What is not there is no failure.
  virtual Status Delete(const FileKey& key) const = 0;
  // Removes the folder of a record if nothing is in it (S-64).
  virtual void DeleteEmptyRecordFolder(std::string_view collection_id,
                                       std::string_view record_id) const = 0;
  // Removes everything of a record but the files named in `kept`, which is for
  // ids that were deleted and used again at once. S-65.
  virtual Status DeleteRecordFolder(std::string_view collection_id, std::string_view record_id,
                                    std::span<const std::string> kept) const = 0;
  // Everything of a collection.
  virtual Status DeleteCollectionFolder(std::string_view collection_id) const = 0;
};

// Waits for OpenThumb.
StatusOr<StoredContent> OpenThumbNow(const FileStore& store, const FileKey& key,
                                     std::string_view size);

}  // namespace sluice::files
