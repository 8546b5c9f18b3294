// Paths, writing behind a temporary name, removing. Tested by
// files_store_test.cc.
#include "tools/server/files/local_file_store.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "openssl/evp.h"

#include "tools/server/auth/random_text.h"
#include "tools/server/files/attrs.h"

namespace sluice::files {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAttrsBytesMax = 65536;
constexpr std::size_t kCopySlice = 65536;

Status NoSuchKey() { return absl::NotFoundError("no such file"); }

// A file that is there until Keep is called.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path)
      : path_(std::move(path)),
        file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (file_.is_open() && !kept_) {
      ::unlink(path_.c_str());
    }
  }

  bool is_open() const { return file_.is_open(); }
  int descriptor() const { return file_.get(); }

  Status Flush() const {
    return ::fdatasync(file_.get()) == 0 ? absl::OkStatus() : http::SystemFailure("flush");
  }
  Status RenameTo(const std::string& path) {
    kept_ = ::rename(path_.c_str(), path.c_str()) == 0;
    return kept_ ? absl::OkStatus() : http::SystemFailure("rename");
  }

 private:
  const std::string path_;
  const http::FileDescriptor file_;
  bool kept_ = false;
};

// Writes all of `content` and returns its digest in base64.
StatusOr<std::string> WriteWithDigest(int target, const http::FileContent& content) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       &EVP_MD_CTX_free);
  // A system whose rules forbid MD5 stores no digest; nobody reads it here.
  bool digests = digest && EVP_DigestInit_ex(digest.get(), EVP_md5(), nullptr) == 1;
  std::array<char, kCopySlice> buffer;
  for (std::uint64_t at = 0; at < content.size();) {
    SLUICE_ASSIGN_OR_RETURN(const std::size_t filled, content.ReadAt(at, buffer));
    digests = digests && EVP_DigestUpdate(digest.get(), buffer.data(), filled) == 1;
    SLUICE_RETURN_IF_ERROR(http::WriteFully(target, {buffer.data(), filled}));
    at += filled;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned size = 0;
  if (!digests || EVP_DigestFinal_ex(digest.get(), bytes.data(), &size) != 1) {
    return std::string();
  }
  std::string text(4 * ((size + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     static_cast<int>(size));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

Status RemoveAll(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return error ? absl::InternalError("cannot remove " + path.string() + ": " + error.message())
               : absl::OkStatus();
}

StatusOr<StoredContent> OpenAt(const std::string& path) {
  StoredContent stored;
  SLUICE_ASSIGN_OR_RETURN(stored.content, http::FileContent::Open(path));
  struct stat facts {};
  if (::fstat(stored.content.descriptor(), &facts) != 0) {
    return http::SystemFailure("stat");
  }
  stored.modified_seconds = facts.st_mtim.tv_sec;
  const StatusOr<http::FileContent> sidecar =
      http::FileContent::Open(path + std::string(kAttrsEnding));
  if (!sidecar.ok()) {
    stored.content_type = "application/octet-stream";
    return absl::IsNotFound(sidecar.status()) ? StatusOr<StoredContent>(std::move(stored))
                                              : sidecar.status();
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string text, sidecar->Head(kAttrsBytesMax));
  std::optional<Attrs> attrs = ParseAttrs(text);
  if (!attrs) {
    return absl::NotFoundError("the sidecar is damaged");
  }
  stored.content_type = std::move(attrs->content_type);
  return stored;
}

}  // namespace

struct LocalFileStore::Attributes : Attrs {};

LocalFileStore::LocalFileStore(std::string root, const FileStoreOptions& options)
    : root_(std::move(root)), options_(options) {}

// The folders on the way may be as new as the file.
Status LocalFileStore::FlushFolders(const fs::path& folder) const {
  for (fs::path path = folder; path.native().size() >= root_.size(); path = path.parent_path()) {
    const http::FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open() || ::fsync(opened.get()) != 0) {
      return http::SystemFailure("flush " + path.string());
    }
  }
  return absl::OkStatus();
}

// The sidecar gets its name before the file does (S-120), so a file is never
// served by another's type.
Status LocalFileStore::Write(const std::string& folder, const std::string& name,
                             const http::FileContent& content, Attributes attributes) const {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return error == std::errc::no_space_on_device
               ? absl::ResourceExhaustedError("cannot make " + folder)
               : absl::InternalError("cannot make " + folder + ": " + error.message());
  }
  const std::string path = folder + "/" + name;
  // Short, for the name itself may be as long as a name can be.
  const std::string temporary = folder + "/" + auth::RandomText(20) + ".tmp";
  TemporaryFile file(temporary);
  TemporaryFile sidecar(temporary + std::string(kAttrsEnding));
  if (!file.is_open() || !sidecar.is_open()) {
    const Status failure = http::SystemFailure("a file in " + folder);
    return absl::IsNotFound(failure) ? absl::InternalError(failure.message()) : failure;
  }
  SLUICE_ASSIGN_OR_RETURN(attributes.md5, WriteWithDigest(file.descriptor(), content));
  SLUICE_RETURN_IF_ERROR(http::WriteFully(sidecar.descriptor(), AttrsText(attributes)));
  if (options_.flush) {
    SLUICE_RETURN_IF_ERROR(file.Flush());
    SLUICE_RETURN_IF_ERROR(sidecar.Flush());
  }
  const std::string sidecar_path = path + std::string(kAttrsEnding);
  SLUICE_RETURN_IF_ERROR(sidecar.RenameTo(sidecar_path));
  const Status status = file.RenameTo(path);
  if (!status.ok()) {
    ::unlink(sidecar_path.c_str());
    return status;
  }
  return options_.flush_folders ? FlushFolders(folder) : absl::OkStatus();
}

Status LocalFileStore::Put(const FileKey& key, const http::FileContent& content,
                           const PutOptions& options) const {
  const std::optional<KeyPath> path = PathOfKey(key);
  if (!path || path->name.size() + kAttrsEnding.size() > kSegmentMax) {
    return absl::InvalidArgumentError("not a name for a file");
  }
  Attributes attributes;
  attributes.content_type = options.content_type;
  attributes.original_name = options.original_name;
  return Write(root_ + "/" + path->folder, path->name, content, std::move(attributes));
}

StatusOr<StoredContent> LocalFileStore::Open(const FileKey& key) const {
  const std::optional<KeyPath> path = PathOfKey(key);
  return path ? OpenAt(root_ + "/" + path->file()) : NoSuchKey();
}

StatusOr<http::FileContent> LocalFileStore::Fetch(const FileKey& key) const {
  SLUICE_ASSIGN_OR_RETURN(StoredContent stored, Open(key));
  return std::move(stored.content);
}

Status LocalFileStore::PutThumb(const FileKey& key, std::string_view size,
                                const http::FileContent& content,
                                std::string_view content_type) const {
  const std::optional<KeyPath> path = PathOfKey(key);
  const auto segment = KeySegment(size);
  if (!path || !segment ||
      segment->size() + 1 + path->name.size() + kAttrsEnding.size() > kSegmentMax) {
    return absl::InvalidArgumentError("not a name for a thumb");
  }
  Attributes attributes;
  attributes.content_type = std::string(content_type);
  return Write(root_ + "/" + path->thumbs(), *segment + "_" + path->name, content,
               std::move(attributes));
}

StatusOr<StoredContent> LocalFileStore::OpenThumb(const FileKey& key, std::string_view size) const {
  const std::optional<KeyPath> path = PathOfKey(key);
  const std::optional<std::string> thumb = path ? path->thumb(size) : std::nullopt;
  return thumb ? OpenAt(root_ + "/" + *thumb) : NoSuchKey();
}

Status LocalFileStore::Delete(const FileKey& key) const {
  const std::optional<KeyPath> path = PathOfKey(key);
  if (!path) {
    return absl::OkStatus();
  }
  const std::string file = root_ + "/" + path->file();
  for (const std::string& gone : {file, file + std::string(kAttrsEnding)}) {
    if (::unlink(gone.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
      return http::SystemFailure("cannot remove " + gone);
    }
  }
  return RemoveAll(root_ + "/" + path->thumbs());
}

void LocalFileStore::DeleteEmptyRecordFolder(std::string_view collection_id,
                                             std::string_view record_id) const {
  const auto collection = KeySegment(collection_id);
  const auto record = KeySegment(record_id);
  if (collection && record) {
    ::rmdir((root_ + "/" + *collection + "/" + *record).c_str());
  }
}

Status LocalFileStore::DeleteRecordFolder(std::string_view collection_id,
                                          std::string_view record_id,
                                          std::span<const std::string> kept) const {
  const auto collection = KeySegment(collection_id);
  const auto record = KeySegment(record_id);
  if (!collection || !record) {
    return absl::OkStatus();
  }
  const fs::path folder = fs::path(root_) / *collection / *record;
  if (kept.empty()) {
    return RemoveAll(folder);
  }
  Status status;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::string name = entry.path().filename().string();
    if (name.ends_with(kAttrsEnding)) {
      name.resize(name.size() - kAttrsEnding.size());
    }
    if (std::find(kept.begin(), kept.end(), name) == kept.end()) {
      status.Update(RemoveAll(entry.path()));
    }
  }
  return status;
}

Status LocalFileStore::DeleteCollectionFolder(std::string_view collection_id) const {
  const auto collection = KeySegment(collection_id);
  return collection ? RemoveAll(fs::path(root_) / *collection) : absl::OkStatus();
}

StatusOr<StoredContent> OpenThumbNow(const FileStore& store, const FileKey& key,
                                     std::string_view size) {
  std::promise<StatusOr<StoredContent>> outcome;
  store.OpenThumb(key, size, [&outcome](StatusOr<StoredContent> stored) {
    outcome.set_value(std::move(stored));
  });
  return outcome.get_future().get();
}

}  // namespace sluice::files
