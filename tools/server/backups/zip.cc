// Tested by tests/server/backups_test.cc.
#include "tools/server/backups/zip.h"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace sluice::backups {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 65536;

struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Entry = std::unique_ptr<archive_entry, FreeEntry>;

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
struct CloseFile {
  explicit CloseFile(int descriptor) : fd(descriptor) {}
  ~CloseFile() {
    if (fd >= 0) ::close(fd);
  }
  CloseFile(const CloseFile&) = delete;
  CloseFile& operator=(const CloseFile&) = delete;
  const int fd;
};

Status ReadFailure(archive* reader) {
  const char* text = archive_error_string(reader);
  return absl::InvalidArgumentError(text == nullptr ? "not a zip file" : text);
}

// Whether the name stays inside of a folder.
bool IsInside(const fs::path& name) {
  if (name.empty() || name.is_absolute()) return false;
  return std::none_of(name.begin(), name.end(), [](const fs::path& part) { return part == ".."; });
}

Status UnzipFile(archive* reader, const fs::path& target) {
  const CloseFile out(
      ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (out.fd < 0) return absl::InvalidArgumentError("cannot make " + target.filename().string());
  std::vector<char> piece(kPiece);
  while (true) {
    const la_ssize_t size = archive_read_data(reader, piece.data(), piece.size());
    if (size == 0) return absl::OkStatus();
    if (size < 0) return ReadFailure(reader);
    for (la_ssize_t done = 0; done < size;) {
      const ssize_t written =
          ::write(out.fd, piece.data() + done, static_cast<std::size_t>(size - done));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return absl::InternalError("the disk takes no more");
      done += written;
    }
  }
}

}  // namespace

StatusOr<std::unique_ptr<ZipWriter>> ZipWriter::Create(const std::string& path) {
  std::unique_ptr<ZipWriter> writer(new ZipWriter);
  writer->archive_ = archive_write_new();
  if (writer->archive_ == nullptr || archive_write_set_format_zip(writer->archive_) != ARCHIVE_OK ||
      archive_write_open_filename(writer->archive_, path.c_str()) != ARCHIVE_OK)
    return writer->Failure("cannot write " + path);
  return writer;
}

ZipWriter::~ZipWriter() {
  if (archive_ != nullptr) archive_write_free(archive_);
}

Status ZipWriter::Failure(std::string_view what) const {
  const char* text = archive_ == nullptr ? nullptr : archive_error_string(archive_);
  return absl::InternalError(std::string(what) + (text == nullptr ? "" : std::string(": ") + text));
}

Status ZipWriter::AddFolder(const std::string& name) {
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), (name + "/").c_str());
  archive_entry_set_filetype(entry.get(), AE_IFDIR);
  archive_entry_set_perm(entry.get(), 0755);
  if (archive_write_header(archive_, entry.get()) != ARCHIVE_OK)
    return Failure("cannot add a folder");
  return absl::OkStatus();
}

Status ZipWriter::AddFile(const std::string& name, const std::string& path) {
  const CloseFile in(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (in.fd < 0 || ::fstat(in.fd, &info) != 0 || !S_ISREG(info.st_mode)) return absl::OkStatus();
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_size(entry.get(), info.st_size);
  archive_entry_set_mtime(entry.get(), info.st_mtime, 0);
  if (archive_write_header(archive_, entry.get()) != ARCHIVE_OK)
    return Failure("cannot add a file");
  std::vector<char> piece(kPiece);
  for (off_t left = info.st_size; left > 0;) {
    const auto wanted = static_cast<std::size_t>(std::min<off_t>(left, kPiece));
    ssize_t size = ::read(in.fd, piece.data(), wanted);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      std::fill(piece.begin(), piece.end(), '\0');
      size = static_cast<ssize_t>(wanted);
    }
    if (archive_write_data(archive_, piece.data(), static_cast<std::size_t>(size)) < 0)
      return Failure("cannot write");
    left -= size;
  }
  if (archive_write_finish_entry(archive_) != ARCHIVE_OK) return Failure("cannot write");
  return absl::OkStatus();
}

Status ZipWriter::Finish() {
  if (archive_write_close(archive_) != ARCHIVE_OK) return Failure("cannot write");
  return absl::OkStatus();
}

Status Unzip(const std::string& path, const std::string& folder) {
  const CloseFile in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return in.fd < 0 ? absl::InvalidArgumentError("cannot read the zip file") : Unzip(in.fd, folder);
}

Status Unzip(int descriptor, const std::string& folder) {
  const std::unique_ptr<archive, FreeReader> reader(archive_read_new());
  archive_read_support_format_zip(reader.get());
  if (::lseek(descriptor, 0, SEEK_SET) != 0 ||
      archive_read_open_fd(reader.get(), descriptor, kPiece) != ARCHIVE_OK)
    return ReadFailure(reader.get());
  archive_entry* entry = nullptr;
  while (true) {
    const int code = archive_read_next_header(reader.get(), &entry);
    if (code == ARCHIVE_EOF) return absl::OkStatus();
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return ReadFailure(reader.get());
    const char* raw = archive_entry_pathname(entry);
    const fs::path name = raw == nullptr ? fs::path() : fs::path(raw);
    if (!IsInside(name)) return absl::InvalidArgumentError("a name leads out of the folder");
    std::error_code error;
    const fs::path target = fs::path(folder) / name;
    if (archive_entry_filetype(entry) == AE_IFDIR) {
      fs::create_directories(target, error);
    } else if (archive_entry_filetype(entry) == AE_IFREG) {
      fs::create_directories(target.parent_path(), error);
      if (!error) SLUICE_RETURN_IF_ERROR(UnzipFile(reader.get(), target));
    } else {
      return absl::InvalidArgumentError("a link or device in a zip file");
    }
    if (error) return absl::InternalError("cannot make a folder: " + error.message());
  }
}

}  // namespace sluice::backups
