// Where the bytes of a large body wait: a file that no folder lists.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/http/file_content.h"
#include "tools/server/http/file_descriptor.h"

namespace sluice::http {

// Append only. The file has no name, so it is gone with the last descriptor
// whatever happens to the process.
class Spool {
 public:
  // `folder` empty: the system's folder for temporary files. kResourceExhausted
  // or kInternal.
  static StatusOr<Spool> Open(const std::string& folder);

  Status Append(std::string_view bytes);

  // What was appended. Nothing may be appended afterwards.
  FileContent Finish() &&;

 private:
  explicit Spool(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

}  // namespace sluice::http
