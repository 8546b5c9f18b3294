// One thumb of one picture, by libvips.
#pragma once

#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/files/thumb_size.h"
#include "tools/server/http/file_content.h"

namespace sluice::files {

// Pictures with more pixels are not decoded: their decoder alone would take
// hundreds of megabytes. Read from the picture's head, before anything else.
inline constexpr std::uint64_t kThumbSourcePixelsMax = 100'000'000;
// Of a thumb, whose size the operator chooses.
inline constexpr std::uint64_t kThumbPixelsMax = 25'000'000;

struct Thumb {
  std::string bytes;
  std::string_view content_type;
};

// Whether a file of that stored type gets thumbs at all (S-69).
bool HasThumbs(std::string_view content_type);

// Decodes, turns, resizes, cuts and encodes: JPEG and GIF stay what they are,
// everything else becomes PNG (S-69). Only the first frame; metadata are left
// out. The picture's own bytes say how it is decoded, by one of four decoders.
// kInvalidArgument for what is no picture, or too large a one. Takes
// milliseconds to seconds, on the calling thread alone.
StatusOr<Thumb> MakeThumb(const http::FileContent& picture, const ThumbSize& size);

}  // namespace sluice::files
