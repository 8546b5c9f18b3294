// Tested by files_thumb_test.cc.
#include "tools/server/files/vips_library.h"

#include <atomic>
#include <dlfcn.h>
#include <mutex>
#include <string>

namespace sluice::files {
namespace {

VipsLibrary g_vips;

Status Unloadable() {
  const char* words = dlerror();
  return absl::InternalError(std::string("libvips cannot be loaded: ") +
                             (words == nullptr ? "" : words));
}

// False when the library has no such function.
template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

Status FindAll(void* library, VipsLibrary& vips) {
#define SLUICE_VIPS_FIND(name) \
  if (!Find(library, "vips_" #name, vips.name)) return Unloadable();
  SLUICE_VIPS_FUNCTIONS(SLUICE_VIPS_FIND)
#undef SLUICE_VIPS_FIND
  if (!Find(library, "g_free", vips.free) ||
      !Find(library, "g_log_set_handler", vips.log_set_handler) ||
      !Find(library, "g_object_unref", vips.object_unref)) {
    return Unloadable();
  }
  return absl::OkStatus();
}

Status Start(VipsLibrary& vips) {
  // The version whose declarations this was compiled with (libtool's numbers).
  const std::string name = "libvips.so." + std::to_string(VIPS_LIBRARY_CURRENT - VIPS_LIBRARY_AGE);
  // Never closed: the library has threads, and types that cannot go.
  void* const library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return Unloadable();
  SLUICE_RETURN_IF_ERROR(FindAll(library, vips));
  if (vips.init("sluice") != 0) {
    const std::string words = vips.error_buffer();
    vips.error_clear();
    return absl::InternalError("libvips does not start: " + words);
  }
  // What is wrong with a picture is said in the status.
  vips.log_set_handler(
      "VIPS", G_LOG_LEVEL_WARNING, [](auto...) {}, nullptr);
  // One thread each, and nothing kept between pictures: the pool bounds both.
  vips.concurrency_set(1);
  vips.cache_set_max(0);
  return absl::OkStatus();
}

}  // namespace

Status LoadVips() {
  static std::mutex mutex;
  static std::atomic<bool> started = false;
  if (started) return absl::OkStatus();
  const std::lock_guard lock(mutex);
  if (!started) {
    SLUICE_RETURN_IF_ERROR(Start(g_vips));
    started = true;
  }
  return absl::OkStatus();
}

const VipsLibrary& Vips() { return g_vips; }

}  // namespace sluice::files
