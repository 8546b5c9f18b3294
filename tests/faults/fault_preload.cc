// Stands before libc in a server under test (LD_PRELOAD) and lets chosen calls
// fail. Allocates nothing itself. Without SLUICE_FAULTS in the environment it
// only passes calls on.
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/faults/fault_control.h"

namespace {

using sluice::faults::Control;
using sluice::faults::Kind;

Control* g_control = nullptr;

__attribute__((constructor)) void Map() {
  const char* path = getenv("SLUICE_FAULTS");
  if (path == nullptr) return;
  const int file = static_cast<int>(openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC));
  if (file < 0) return;
  void* mapped = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) g_control = static_cast<Control*>(mapped);
}

// Whether this call of `kind` is one that fails.
bool Fails(Kind kind) {
  Control* control = g_control;
  if (control == nullptr || control->kind.load() != kind) return false;
  control->calls.fetch_add(1);
  const std::int64_t left = control->countdown.fetch_sub(1) - 1;
  if (left > 0 || left < -control->repeat.load()) return false;
  control->failed.fetch_add(1);
  return true;
}

int Fail(int error) {
  errno = error;
  return -1;
}

bool IsReadOnly() {
  Control* control = g_control;
  if (control == nullptr || control->kind.load() != Kind::kReadOnly) return false;
  control->failed.fetch_add(1);
  return true;
}

// Data files: not sockets, pipes or what the test reads.
bool IsFile(int file) {
  if (g_control == nullptr || file <= STDERR_FILENO) return false;
  struct stat status;
  const int before = errno;
  const bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  errno = before;
  return regular;
}

bool FailsWriting(int file, size_t bytes) {
  if (!IsFile(file)) return false;
  if (IsReadOnly()) {
    errno = EROFS;
    return true;
  }
  if (g_control->disk_left.load() >= 0) {
    const std::int64_t size = static_cast<std::int64_t>(bytes);
    if (g_control->disk_left.load() < size) {
      g_control->failed.fetch_add(1);
      errno = ENOSPC;
      return true;
    }
    g_control->disk_left.fetch_sub(size);
  }
  if (!Fails(Kind::kWrite)) return false;
  errno = g_control->error_number.load();
  return true;
}

void* NoMemory() {
  errno = ENOMEM;
  return nullptr;
}

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

bool Writes(int flags) { return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0; }

bool FailsOpening(int flags) {
  if (Writes(flags) && IsReadOnly()) {
    errno = EROFS;
    return true;
  }
  if (!Fails(Kind::kOpen)) return false;
  errno = g_control->error_number.load();
  return true;
}

bool FailsNaming() { return FailsOpening(O_WRONLY); }

}  // namespace

// ---- operator new ----

// Allocators bring their own, which does not ask malloc: here it does, so that
// each allocation is counted. `operator delete` stays theirs, as `free` does.
void* operator new(size_t size) {
  for (;;) {
    if (void* const made = malloc(size)) return made;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](size_t size, const std::nothrow_t& none) noexcept {
  return operator new(size, none);
}

extern "C" {

// ---- memory ----

// What comes next is libc's or another allocator's that the program is linked
// with, as `free` is.
void* malloc(size_t size) {
  static auto* const next = Next<void*(size_t)>("malloc");
  return Fails(Kind::kAllocation) ? NoMemory() : next(size);
}
void* calloc(size_t count, size_t size) {
  static auto* const next = Next<void*(size_t, size_t)>("calloc");
  return Fails(Kind::kAllocation) ? NoMemory() : next(count, size);
}
void* realloc(void* old, size_t size) {
  static auto* const next = Next<void*(void*, size_t)>("realloc");
  return Fails(Kind::kAllocation) ? NoMemory() : next(old, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  static auto* const next = Next<void*(size_t, size_t)>("aligned_alloc");
  return Fails(Kind::kAllocation) ? NoMemory() : next(alignment, size);
}
int posix_memalign(void** result, size_t alignment, size_t size) {
  static auto* const next = Next<int(void**, size_t, size_t)>("posix_memalign");
  return Fails(Kind::kAllocation) ? ENOMEM : next(result, alignment, size);
}

// ---- files ----

ssize_t read(int file, void* to, size_t size) {
  static auto* const next = Next<ssize_t(int, void*, size_t)>("read");
  if (IsFile(file) && Fails(Kind::kRead)) return Fail(EIO);
  return next(file, to, size);
}
ssize_t pread64(int file, void* to, size_t size, off64_t at) {
  static auto* const next = Next<ssize_t(int, void*, size_t, off64_t)>("pread64");
  if (IsFile(file) && Fails(Kind::kRead)) return Fail(EIO);
  return next(file, to, size, at);
}
ssize_t pread(int file, void* to, size_t size, off_t at) { return pread64(file, to, size, at); }

ssize_t write(int file, const void* from, size_t size) {
  static auto* const next = Next<ssize_t(int, const void*, size_t)>("write");
  return FailsWriting(file, size) ? -1 : next(file, from, size);
}
ssize_t pwrite64(int file, const void* from, size_t size, off64_t at) {
  static auto* const next = Next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return FailsWriting(file, size) ? -1 : next(file, from, size, at);
}
ssize_t pwrite(int file, const void* from, size_t size, off_t at) {
  return pwrite64(file, from, size, at);
}
ssize_t writev(int file, const struct iovec* parts, int count) {
  static auto* const next = Next<ssize_t(int, const struct iovec*, int)>("writev");
  size_t size = 0;
  for (int i = 0; i < count; ++i) size += parts[i].iov_len;
  return FailsWriting(file, size) ? -1 : next(file, parts, count);
}
int ftruncate64(int file, off64_t size) {
  static auto* const next = Next<int(int, off64_t)>("ftruncate64");
  return FailsWriting(file, 0) ? -1 : next(file, size);
}
int ftruncate(int file, off_t size) { return ftruncate64(file, size); }

int fsync(int file) {
  static auto* const next = Next<int(int)>("fsync");
  return Fails(Kind::kSync) ? Fail(EIO) : next(file);
}
int fdatasync(int file) {
  static auto* const next = Next<int(int)>("fdatasync");
  return Fails(Kind::kSync) ? Fail(EIO) : next(file);
}

int open64(const char* path, int flags, ...) {
  static auto* const next = Next<int(const char*, int, ...)>("open64");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return FailsOpening(flags) ? -1 : next(path, flags, mode);
}
int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open64(path, flags, mode);
}
int unlink(const char* path) {
  static auto* const next = Next<int(const char*)>("unlink");
  return FailsNaming() ? -1 : next(path);
}
int rename(const char* from, const char* to) {
  static auto* const next = Next<int(const char*, const char*)>("rename");
  return FailsNaming() ? -1 : next(from, to);
}
int mkdir(const char* path, mode_t mode) {
  static auto* const next = Next<int(const char*, mode_t)>("mkdir");
  return FailsNaming() ? -1 : next(path, mode);
}

// ---- the wall clock ----

int clock_gettime(clockid_t clock, struct timespec* time) {
  static auto* const next = Next<int(clockid_t, struct timespec*)>("clock_gettime");
  const int result = next(clock, time);
  if (g_control != nullptr && clock == CLOCK_REALTIME && result == 0)
    time->tv_sec += g_control->clock_shift.load();
  return result;
}
int gettimeofday(struct timeval* time, void* zone) {
  static auto* const next = Next<int(struct timeval*, void*)>("gettimeofday");
  const int result = next(time, zone);
  if (g_control != nullptr && result == 0) time->tv_sec += g_control->clock_shift.load();
  return result;
}
time_t time(time_t* result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
