// libvips, loaded when the first thumb is made: it and the hundred libraries
// that it needs would take more than half of the server's start.
#pragma once

#include "sluice/status.h"

#include "vips/vips.h"

namespace sluice::files {

// What thumbs take of the library, under its own names without `vips_`.
#define SLUICE_VIPS_FUNCTIONS(X)                                                                  \
  X(autorot)                                                                                      \
  X(cache_set_max) X(cast) X(colourspace) X(concurrency_set) X(embed) X(error_buffer)             \
      X(error_clear) X(gifload_source) X(gifsave_buffer) X(image_copy_memory) X(image_get_format) \
          X(image_get_height) X(image_get_orientation_swap) X(image_get_width)                    \
              X(image_guess_interpretation) X(image_hasalpha) X(init) X(jpegload_source)          \
                  X(jpegsave_buffer) X(pngload_source) X(pngsave_buffer) X(premultiply) X(resize) \
                      X(source_new_from_file) X(source_new_from_memory) X(unpremultiply)          \
                          X(webpload_source)

struct VipsLibrary {
#define SLUICE_VIPS_MEMBER(name) decltype(&::vips_##name) name = nullptr;
  SLUICE_VIPS_FUNCTIONS(SLUICE_VIPS_MEMBER)
#undef SLUICE_VIPS_MEMBER
  decltype(&::g_free) free = nullptr;
  decltype(&::g_log_set_handler) log_set_handler = nullptr;
  decltype(&::g_object_unref) object_unref = nullptr;
};

// Loads and starts the library where no call has yet; it stays until the process
// ends. kInternal when it is not there, or cannot be loaded now: the next call
// tries again. Threads: any.
Status LoadVips();

// Only after LoadVips has answered well.
const VipsLibrary& Vips();

}  // namespace sluice::files
