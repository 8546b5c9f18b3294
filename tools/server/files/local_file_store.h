// The files of records on the local disk: `storage/` of a data folder (S-58 to
// S-60, S-65, R-89).
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/files/file_store.h"

namespace sluice::files {

struct FileStoreOptions {
  // Content and sidecar are on the disk before a file gets its name. A row that
  // survives a loss of power then has its file: the row's way to the disk goes
  // through a later flush of the same disk. The peer does without (S-60).
  bool flush = true;
  // The names are, too, before a file counts as stored: for folders whose rows
  // are on the disk before they are answered.
  bool flush_folders = false;
};

class LocalFileStore : public FileStore {
 public:
  // `root` is made when something is first stored.
  explicit LocalFileStore(std::string root, const FileStoreOptions& options = {});

  bool is_remote() const override { return false; }
  const std::string& place() const override { return root_; }
  Status Put(const FileKey& key, const http::FileContent& content,
             const PutOptions& options) const override;
  // kNotFound also for a sidecar that cannot be read (S-59).
  StatusOr<StoredContent> Open(const FileKey& key) const;
  void Open(const FileKey& key, Opened done) const override { done(Open(key)); }
  Status PutThumb(const FileKey& key, std::string_view size, const http::FileContent& content,
                  std::string_view content_type) const override;
  StatusOr<StoredContent> OpenThumb(const FileKey& key, std::string_view size) const;
  void OpenThumb(const FileKey& key, std::string_view size, Opened done) const override {
    done(OpenThumb(key, size));
  }
  StatusOr<http::FileContent> Fetch(const FileKey& key) const override;
  Status Delete(const FileKey& key) const override;
  void DeleteEmptyRecordFolder(std::string_view collection_id,
                               std::string_view record_id) const override;
  Status DeleteRecordFolder(std::string_view collection_id, std::string_view record_id,
                            std::span<const std::string> kept = {}) const override;
  Status DeleteCollectionFolder(std::string_view collection_id) const override;

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
