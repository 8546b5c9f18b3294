// Tested by files_store_test.cc.
#include "tools/server/files/file_key.h"

#include <cstdio>
#include <utility>

#include "tools/server/files/attrs.h"

namespace sluice::files {

std::optional<std::string> KeySegment(std::string_view text) {
  if (text.empty() || text == "." || text == ".." || text.find('/') != std::string_view::npos ||
      text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out.push_back(c);
      continue;
    }
    char hex[12];
    std::snprintf(hex, sizeof hex, "__0x%x__", byte);
    out += hex;
  }
  return out.size() > kSegmentMax ? std::nullopt : std::optional(std::move(out));
}

std::optional<std::string> KeyPath::thumb(std::string_view size) const {
  const auto segment = KeySegment(size);
  if (!segment) {
    return std::nullopt;
  }
  return thumbs() + "/" + *segment + "_" + name;
}

std::optional<KeyPath> PathOfKey(const FileKey& key) {
  const auto collection = KeySegment(key.collection_id);
  const auto record = KeySegment(key.record_id);
  const auto name = KeySegment(key.name);
  if (!collection || !record || !name || key.name.ends_with(kAttrsEnding)) {
    return std::nullopt;
  }
  return KeyPath{*collection + "/" + *record, *name};
}

}  // namespace sluice::files
