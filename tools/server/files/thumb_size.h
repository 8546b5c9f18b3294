// What `?thumb=` asks for (S-69).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::files {

enum class ThumbFit : std::uint8_t { kCenter, kTop, kBottom, kInside };

// `WxH`, `WxHt`, `WxHb`, `WxHf`; one of the numbers may be 0.
struct ThumbSize {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  ThumbFit fit = ThumbFit::kCenter;
};

// None for anything else: longer than 5 digits a side, `0x0`.
std::optional<ThumbSize> ParseThumbSize(std::string_view text);

// How a picture becomes its thumb: resized to `width` x `height`, then cut to
// `cut_width` x `cut_height` from (left, top).
struct ThumbGeometry {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t left = 0;
  std::uint32_t top = 0;
  std::uint32_t cut_width = 0;
  std::uint32_t cut_height = 0;
};

// Of a picture of that size, neither side 0, after its orientation was applied.
ThumbGeometry GeometryOf(const ThumbSize& size, std::uint32_t width, std::uint32_t height);

}  // namespace sluice::files
