// Zip files, written and read piece by piece (libarchive).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/status.h"

struct archive;

namespace sluice::backups {

// Writes one zip file. Failures are kInternal.
class ZipWriter {
 public:
  // `path` must not exist.
  static StatusOr<std::unique_ptr<ZipWriter>> Create(const std::string& path);
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  // Adds the file at `path` as `name`. One that has gone is left out; one that
  // shrinks meanwhile is filled with zeros, one that grows is cut.
  Status AddFile(const std::string& name, const std::string& path);
  // An empty folder.
  Status AddFolder(const std::string& name);
  Status Finish();

 private:
  ZipWriter() = default;
  Status Failure(std::string_view what) const;

  archive* archive_ = nullptr;
};

// Unpacks regular files and folders into `folder`, which must exist and be
// empty. kInvalidArgument for what is no zip, for names that lead out of the
// folder, and for links and devices.
Status Unzip(const std::string& path, const std::string& folder);
// The same of an open file, from its beginning.
Status Unzip(int descriptor, const std::string& folder);

}  // namespace sluice::backups
