// The pipeline streams the picture through: what is held is some lines of it,
// but for decoders that need it whole (progressive JPEG, interlaced PNG, GIF,
// WebP). The turn comes after the resize, when the picture is small. Tested by
// files_thumb_test.cc.
#include "tools/server/files/thumb.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "tools/server/files/mime.h"
#include "tools/server/files/vips_library.h"

namespace sluice::files {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::array kThumbTypes = {"image/png"sv, "image/jpg"sv, "image/jpeg"sv, "image/gif"sv,
                                    "image/webp"sv};
constexpr int kJpegQuality = 90;

struct Unref {
  void operator()(VipsImage* image) const { Vips().object_unref(image); }
  void operator()(VipsSource* source) const { Vips().object_unref(source); }
};
using ImagePtr = std::unique_ptr<VipsImage, Unref>;
using SourcePtr = std::unique_ptr<VipsSource, Unref>;

Status Refused(std::string_view what) {
  std::string text = "no thumb: " + std::string(what);
  // The library keeps its words for each thread until they are taken.
  if (const char* words = Vips().error_buffer(); words != nullptr && *words != '\0') {
    text += std::string(": ") + words;
  }
  Vips().error_clear();
  return absl::InvalidArgumentError(text);
}

StatusOr<SourcePtr> OpenSource(const http::FileContent& picture) {
  VipsSource* source = nullptr;
  if (picture.descriptor() >= 0) {
    if (picture.offset() != 0) {
      return absl::InvalidArgumentError("no thumb: not a file of its own");
    }
    // A way of its own to the file: the library seeks in it.
    source = Vips().source_new_from_file(
        ("/proc/self/fd/" + std::to_string(picture.descriptor())).c_str());
  } else {
    source = Vips().source_new_from_memory(picture.text().data(), picture.text().size());
  }
  if (source == nullptr) {
    return Refused("unreadable");
  }
  return SourcePtr(source);
}

// By name, so that no other decoder of the library ever sees a byte.
StatusOr<ImagePtr> Decode(VipsSource* source, std::string_view type, int shrink) {
  VipsImage* image = nullptr;
  int failed = -1;
  constexpr auto kInOrder = VIPS_ACCESS_SEQUENTIAL;
  constexpr auto kFailOn = VIPS_FAIL_ON_TRUNCATED;
  if (type == "image/png") {
    failed = Vips().pngload_source(source, &image, "access", kInOrder, "fail_on", kFailOn, nullptr);
  } else if (type == "image/jpeg") {
    failed = Vips().jpegload_source(source, &image, "access", kInOrder, "fail_on", kFailOn,
                                    "shrink", shrink, nullptr);
  } else if (type == "image/gif") {
    failed = Vips().gifload_source(source, &image, "access", kInOrder, "fail_on", kFailOn, nullptr);
  } else if (type == "image/webp") {
    failed =
        Vips().webpload_source(source, &image, "access", kInOrder, "fail_on", kFailOn, nullptr);
  }
  if (failed != 0 || image == nullptr) {
    return Refused("not a picture");
  }
  return ImagePtr(image);
}

// Runs one operation: `image` becomes its result.
template <typename Operation>
bool Apply(ImagePtr& image, const Operation& operation) {
  VipsImage* out = nullptr;
  if (operation(image.get(), &out) != 0) {
    return false;
  }
  image.reset(out);
  return true;
}

bool IsTurned(VipsImage* image) { return Vips().image_get_orientation_swap(image) != 0; }

bool ToScreenColours(ImagePtr& image) {
  const VipsInterpretation kind = Vips().image_guess_interpretation(image.get());
  return kind == VIPS_INTERPRETATION_sRGB || kind == VIPS_INTERPRETATION_B_W ||
         Apply(image, [](VipsImage* in, VipsImage** out) {
           return Vips().colourspace(in, out, VIPS_INTERPRETATION_sRGB, nullptr);
         });
}

// Colours of transparent pixels must not bleed into their neighbours.
bool Resize(ImagePtr& image, double across, double down) {
  const bool alpha = Vips().image_hasalpha(image.get()) != 0;
  const VipsBandFormat format = Vips().image_get_format(image.get());
  const auto premultiply = [](VipsImage* in, VipsImage** out) {
    return Vips().premultiply(in, out, nullptr);
  };
  const auto resize = [&](VipsImage* in, VipsImage** out) {
    return Vips().resize(in, out, across, "vscale", down, "kernel", VIPS_KERNEL_LINEAR, nullptr);
  };
  const auto restore = [](VipsImage* in, VipsImage** out) {
    return Vips().unpremultiply(in, out, nullptr);
  };
  const auto cast = [format](VipsImage* in, VipsImage** out) {
    return Vips().cast(in, out, format, nullptr);
  };
  return (!alpha || Apply(image, premultiply)) && Apply(image, resize) &&
         (!alpha || (Apply(image, restore) && Apply(image, cast)));
}

// The exact size, whatever the resize rounded to.
bool Cut(ImagePtr& image, const ThumbGeometry& geometry) {
  const auto width = static_cast<int>(geometry.cut_width);
  const auto height = static_cast<int>(geometry.cut_height);
  const int left =
      std::min(static_cast<int>(geometry.left), Vips().image_get_width(image.get()) - 1);
  const int top =
      std::min(static_cast<int>(geometry.top), Vips().image_get_height(image.get()) - 1);
  return Apply(image, [&](VipsImage* in, VipsImage** out) {
    return Vips().embed(in, out, -left, -top, width, height, "extend", VIPS_EXTEND_COPY, nullptr);
  });
}

StatusOr<Thumb> Encode(VipsImage* image, std::string_view type) {
  void* bytes = nullptr;
  std::size_t size = 0;
  Thumb thumb;
  int failed = 0;
  if (type == "image/jpeg") {
    thumb.content_type = "image/jpeg";
    failed =
        Vips().jpegsave_buffer(image, &bytes, &size, "Q", kJpegQuality, "strip", TRUE, nullptr);
  } else if (type == "image/gif") {
    thumb.content_type = "image/gif";
    failed = Vips().gifsave_buffer(image, &bytes, &size, nullptr);
  } else {
    thumb.content_type = "image/png";
    failed = Vips().pngsave_buffer(image, &bytes, &size, "strip", TRUE, nullptr);
  }
  if (failed != 0) {
    return Refused("cannot be written");
  }
  thumb.bytes.assign(static_cast<const char*>(bytes), size);
  Vips().free(bytes);
  return thumb;
}

// JPEG decoders can leave out pixels that nobody will see; twice the thumb's
// size is kept for the filter.
int ShrinkOf(std::string_view type, double across, double down) {
  int shrink = 1;
  while (type == "image/jpeg" && shrink < 8 && across * shrink * 4 <= 1 && down * shrink * 4 <= 1) {
    shrink *= 2;
  }
  return shrink;
}

}  // namespace

bool HasThumbs(std::string_view content_type) {
  return std::find(kThumbTypes.begin(), kThumbTypes.end(), content_type) != kThumbTypes.end();
}

StatusOr<Thumb> MakeThumb(const http::FileContent& picture, const ThumbSize& size) {
  SLUICE_ASSIGN_OR_RETURN(const std::string head, picture.Head(kSniffedBytes));
  const std::string_view type = DetectType(head).mime;
  if (!HasThumbs(type)) {
    return absl::InvalidArgumentError("no thumb: not a picture");
  }
  SLUICE_RETURN_IF_ERROR(LoadVips());
  SLUICE_ASSIGN_OR_RETURN(SourcePtr source, OpenSource(picture));
  SLUICE_ASSIGN_OR_RETURN(ImagePtr image, Decode(source.get(), type, 1));
  const auto stored_width = static_cast<std::uint32_t>(Vips().image_get_width(image.get()));
  const auto stored_height = static_cast<std::uint32_t>(Vips().image_get_height(image.get()));
  if (std::uint64_t{stored_width} * stored_height > kThumbSourcePixelsMax) {
    return absl::InvalidArgumentError("no thumb: too many pixels");
  }
  const bool turned = IsTurned(image.get());
  const ThumbGeometry geometry = GeometryOf(size, turned ? stored_height : stored_width,
                                            turned ? stored_width : stored_height);
  if (std::uint64_t{geometry.width} * geometry.height > kThumbPixelsMax) {
    return absl::InvalidArgumentError("no thumb: too large a thumb");
  }
  const double to_width = turned ? geometry.height : geometry.width;
  const double to_height = turned ? geometry.width : geometry.height;
  const int shrink = ShrinkOf(type, to_width / stored_width, to_height / stored_height);
  if (shrink > 1) {
    SLUICE_ASSIGN_OR_RETURN(source, OpenSource(picture));
    SLUICE_ASSIGN_OR_RETURN(image, Decode(source.get(), type, shrink));
  }
  const double across = to_width / Vips().image_get_width(image.get());
  const double down = to_height / Vips().image_get_height(image.get());
  const auto hold = [](VipsImage* in, VipsImage** out) {
    *out = Vips().image_copy_memory(in);
    return *out == nullptr ? -1 : 0;
  };
  const auto turn = [](VipsImage* in, VipsImage** out) { return Vips().autorot(in, out, nullptr); };
  if (!ToScreenColours(image) || !Resize(image, across, down) || !Apply(image, hold) ||
      !Apply(image, turn) || !Cut(image, geometry)) {
    return Refused("damaged");
  }
  return Encode(image.get(), type);
}

}  // namespace sluice::files
