// The bytes of a file that came with a request, or that goes out with an
// answer: somewhere in memory, on disk, or on another machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/http/byte_stream.h"
#include "tools/server/http/file_descriptor.h"

namespace sluice::http {

// A range of bytes of a text or of an open file. Copies are cheap and share
// what they are of, which lives as long as the last of them; it never changes,
// so all members may be called from several threads at once.
class FileContent {
 public:
  // Empty.
  FileContent() = default;
  explicit FileContent(std::string bytes);
  // The first `size` bytes of `file`, which nobody may shorten.
  FileContent(FileDescriptor file, std::uint64_t size);
  // All `size` bytes of what is elsewhere: can be sliced and sent, not read here.
  FileContent(std::shared_ptr<const RemoteContent> remote, std::uint64_t size);
  // A regular file. kNotFound when there is none (a folder is none either, nor a
  // link at the end of `path` that is not to be followed), else kInternal.
  enum class Links : std::uint8_t { kRefuse, kFollow };
  static StatusOr<FileContent> Open(const std::string& path, Links links = Links::kRefuse);

  // `size` bytes from `offset` on; less where this one ends before.
  FileContent Slice(std::uint64_t offset, std::uint64_t size) const;

  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Fills `buffer` from `offset` on and returns how much of it was filled: less
  // than all only where the content ends. kInternal when the disk fails.
  StatusOr<std::size_t> ReadAt(std::uint64_t offset, std::span<char> buffer) const;

  // The first bytes, at most `size_max`.
  StatusOr<std::string> Head(std::size_t size_max) const;

  // Writes everything to where `descriptor` stands, or into a new file, which
  // must not exist and is removed again on failure. The content never is in
  // memory as a whole. kResourceExhausted when the disk is full, else kInternal.
  Status CopyTo(int descriptor) const;
  Status CopyTo(const std::string& path) const;

  // Where it comes from when it is elsewhere, else null.
  const RemoteContent* remote() const { return source_ ? source_->remote.get() : nullptr; }

  // For sending without a copy: the open file and where the content begins in
  // it; -1 when the content is in memory, and `text` is the content then.
  int descriptor() const;
  std::uint64_t offset() const { return offset_; }
  std::string_view text() const;

 private:
  struct Source {
    std::string text;
    FileDescriptor file;
    std::shared_ptr<const RemoteContent> remote;
  };

  std::shared_ptr<const Source> source_;
  std::uint64_t offset_ = 0;
  std::uint64_t size_ = 0;
};

// What a failed system call means, with `what` in front: kResourceExhausted
// when there is no room, kNotFound when there is no such file, else kInternal.
// Reads errno.
Status SystemFailure(std::string_view what);

// All of `bytes` to where `descriptor` stands.
Status WriteFully(int descriptor, std::string_view bytes);

}  // namespace sluice::http
