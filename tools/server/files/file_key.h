// The names of files of records, and how they are spelled where they are kept.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::files {

// Which file: the ids are ids, never names. Any bytes may be in them: whatever
// is no single segment of a path (empty, `.`, `..`, with '/' or NUL) is never
// found and cannot be stored, so no key leads out of the folder.
struct FileKey {
  std::string_view collection_id;
  std::string_view record_id;
  std::string_view name;
};

inline constexpr std::size_t kSegmentMax = 255;

// One segment as the peer spells it (S-59); none for what is no single segment.
std::optional<std::string> KeySegment(std::string_view text);

// A key in segments (S-58).
struct KeyPath {
  std::string folder;  // of the record, without a '/' at its end
  std::string name;

  std::string file() const { return folder + "/" + name; }
  std::string thumbs() const { return folder + "/thumbs_" + name; }
  // None where the size is no segment.
  std::optional<std::string> thumb(std::string_view size) const;
};

// None for what can be no file, such as `x.attrs`.
std::optional<KeyPath> PathOfKey(const FileKey& key);

}  // namespace sluice::files
