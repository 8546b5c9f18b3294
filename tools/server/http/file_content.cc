// Reading and copying by descriptor. Tested by http_spool_test.cc.
#include "tools/server/http/file_content.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace sluice::http {
namespace {

constexpr std::size_t kCopySlice = 65536;

}  // namespace

Status SystemFailure(std::string_view what) {
  const int code = errno;
  const std::string text = std::string(what) + ": " + std::strerror(code);
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(text);
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return absl::NotFoundError(text);
    default:
      return absl::InternalError(text);
  }
}

Status WriteFully(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return SystemFailure("write");
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return absl::OkStatus();
}

FileContent::FileContent(std::string bytes) : size_(bytes.size()) {
  source_ = std::make_shared<const Source>(Source{std::move(bytes), {}, {}});
}

FileContent::FileContent(FileDescriptor file, std::uint64_t size) : size_(size) {
  source_ = std::make_shared<const Source>(Source{{}, std::move(file), {}});
}

FileContent::FileContent(std::shared_ptr<const RemoteContent> remote, std::uint64_t size)
    : size_(size) {
  source_ = std::make_shared<const Source>(Source{{}, {}, std::move(remote)});
}

StatusOr<FileContent> FileContent::Open(const std::string& path, Links links) {
  // Not blocking, so that a pipe of that name cannot hold the thread up.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK |
                                               (links == Links::kFollow ? 0 : O_NOFOLLOW)));
  struct stat facts {};
  if (!file.is_open() || ::fstat(file.get(), &facts) != 0) {
    return SystemFailure("open");
  }
  if (!S_ISREG(facts.st_mode)) {
    return absl::NotFoundError("not a file");
  }
  return FileContent(std::move(file), static_cast<std::uint64_t>(facts.st_size));
}

FileContent FileContent::Slice(std::uint64_t offset, std::uint64_t size) const {
  FileContent slice = *this;
  const std::uint64_t skipped = std::min(offset, size_);
  slice.offset_ += skipped;
  slice.size_ = std::min(size, size_ - skipped);
  return slice;
}

StatusOr<std::size_t> FileContent::ReadAt(std::uint64_t offset, std::span<char> buffer) const {
  if (remote() != nullptr) {
    return absl::InternalError("the content is elsewhere");
  }
  const std::uint64_t left = size_ - std::min(offset, size_);
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left));
  if (descriptor() < 0) {
    const std::string_view bytes = text().substr(size_ - left, wanted);
    std::copy(bytes.begin(), bytes.end(), buffer.begin());
    return wanted;
  }
  std::size_t filled = 0;
  while (filled < wanted) {
    const ssize_t got = ::pread(descriptor(), buffer.data() + filled, wanted - filled,
                                static_cast<off_t>(offset_ + offset + filled));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return SystemFailure("read");
    }
    if (got == 0) {
      return absl::InternalError("read: the file was shortened");
    }
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

StatusOr<std::string> FileContent::Head(std::size_t size_max) const {
  std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(size_max, size_)), '\0');
  SLUICE_RETURN_IF_ERROR(ReadAt(0, head).status());
  return head;
}

Status FileContent::CopyTo(int target) const {
  if (descriptor() < 0 && remote() == nullptr) {
    return WriteFully(target, text());
  }
  std::array<char, kCopySlice> buffer;
  for (std::uint64_t at = 0; at < size_;) {
    SLUICE_ASSIGN_OR_RETURN(const std::size_t filled, ReadAt(at, buffer));
    SLUICE_RETURN_IF_ERROR(WriteFully(target, {buffer.data(), filled}));
    at += filled;
  }
  return absl::OkStatus();
}

Status FileContent::CopyTo(const std::string& path) const {
  const FileDescriptor target(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!target.is_open()) {
    return SystemFailure("open");
  }
  Status status = CopyTo(target.get());
  if (!status.ok()) {
    ::unlink(path.c_str());
  }
  return status;
}

int FileContent::descriptor() const { return source_ == nullptr ? -1 : source_->file.get(); }

std::string_view FileContent::text() const {
  return descriptor() >= 0 || source_ == nullptr || remote() != nullptr
             ? std::string_view()
             : std::string_view(source_->text)
                   .substr(static_cast<std::size_t>(offset_), static_cast<std::size_t>(size_));
}

}  // namespace sluice::http
