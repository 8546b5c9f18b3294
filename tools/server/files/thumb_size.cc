// The arithmetic of S-69. Tested by files_thumb_test.cc.
#include "tools/server/files/thumb_size.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace sluice::files {
namespace {

// The digits at the front of `text`, which loses them.
std::optional<std::uint32_t> TakeSide(std::string_view& text) {
  std::uint32_t side = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), side);
  const auto size = static_cast<std::size_t>(result.ptr - text.data());
  if (result.ec != std::errc() || size > 5) {
    return std::nullopt;
  }
  text.remove_prefix(size);
  return side;
}

std::uint32_t AtLeastOne(double side) { return static_cast<std::uint32_t>(std::max(1.0, side)); }

std::uint32_t Rounded(double side) { return AtLeastOne(std::floor(side + 0.5)); }

}  // namespace

std::optional<ThumbSize> ParseThumbSize(std::string_view text) {
  const std::optional<std::uint32_t> width = TakeSide(text);
  if (!width || !text.starts_with('x')) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const std::optional<std::uint32_t> height = TakeSide(text);
  if (!height || (*width == 0 && *height == 0)) {
    return std::nullopt;
  }
  ThumbSize size{*width, *height, ThumbFit::kCenter};
  if (text == "t") {
    size.fit = ThumbFit::kTop;
  } else if (text == "b") {
    size.fit = ThumbFit::kBottom;
  } else if (text == "f") {
    size.fit = ThumbFit::kInside;
  } else if (!text.empty()) {
    return std::nullopt;
  }
  return size;
}

ThumbGeometry GeometryOf(const ThumbSize& size, std::uint32_t width, std::uint32_t height) {
  const double from_width = width;
  const double from_height = height;
  ThumbGeometry out;
  if (size.width == 0 || size.height == 0) {
    out.width = size.width != 0 ? size.width : Rounded(size.height * from_width / from_height);
    out.height = size.height != 0 ? size.height : Rounded(size.width * from_height / from_width);
  } else if (size.fit == ThumbFit::kInside) {
    if (width <= size.width && height <= size.height) {
      out.width = width;
      out.height = height;
    } else if (from_width / from_height > double(size.width) / size.height) {
      out.width = size.width;
      out.height = AtLeastOne(size.width * from_height / from_width);
    } else {
      out.height = size.height;
      out.width = AtLeastOne(size.height * from_width / from_height);
    }
  } else {
    const double scale = std::max(size.width / from_width, size.height / from_height);
    out.width = std::max(size.width, Rounded(from_width * scale));
    out.height = std::max(size.height, Rounded(from_height * scale));
    out.cut_width = size.width;
    out.cut_height = size.height;
    out.left = (out.width - size.width) / 2;
    out.top = size.fit == ThumbFit::kTop      ? 0
              : size.fit == ThumbFit::kBottom ? out.height - size.height
                                              : (out.height - size.height) / 2;
    return out;
  }
  out.cut_width = out.width;
  out.cut_height = out.height;
  return out;
}

}  // namespace sluice::files
