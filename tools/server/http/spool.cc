// O_TMPFILE where the file system knows it, else a file that is unlinked before
// it is used. Tested by http_spool_test.cc.
#include "tools/server/http/spool.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sluice::http {
namespace {

std::string FolderOrDefault(const std::string& folder) {
  if (!folder.empty()) {
    return folder;
  }
  std::error_code error;
  const std::filesystem::path found = std::filesystem::temp_directory_path(error);
  return error ? "/tmp" : found.string();
}

}  // namespace

StatusOr<Spool> Spool::Open(const std::string& folder) {
  const std::string in = FolderOrDefault(folder);
  FileDescriptor file(::open(in.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file.is_open() && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    std::string name = in + "/.sluice_tmp-XXXXXX";
    file = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (file.is_open()) {
      ::unlink(name.c_str());
    }
  }
  if (!file.is_open()) {
    const Status failure = SystemFailure("a temporary file in " + in);
    return absl::IsResourceExhausted(failure) ? failure : absl::InternalError(failure.message());
  }
  return Spool(std::move(file));
}

Status Spool::Append(std::string_view bytes) {
  SLUICE_RETURN_IF_ERROR(WriteFully(file_.get(), bytes));
  size_ += bytes.size();
  return absl::OkStatus();
}

FileContent Spool::Finish() && { return FileContent(std::move(file_), size_); }

}  // namespace sluice::http
