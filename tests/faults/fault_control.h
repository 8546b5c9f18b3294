// What a test tells the preloaded library, in a file that both have mapped.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sluice::faults {

// What calls are counted and fail.
enum class Kind : std::int32_t {
  kNone,
  kAllocation,  // malloc and its kin: no memory
  kRead,        // of regular files: EIO
  kWrite,       // writes, truncations: `error_number`
  kSync,        // fsync, fdatasync: EIO
  kOpen,        // open, unlink, rename of files: `error_number`
  kReadOnly,    // whatever would change a file system: EROFS, all of them
};

struct Control {
  std::atomic<Kind> kind{Kind::kNone};
  // The call that makes it 0 fails, and the `repeat` calls behind it.
  std::atomic<std::int64_t> countdown{0};
  std::atomic<std::int64_t> repeat{0};
  std::atomic<std::int32_t> error_number{0};
  std::atomic<std::int64_t> calls{0};   // counted since armed
  std::atomic<std::int64_t> failed{0};  // of these
  // Bytes that may still be written to regular files; negative: any number.
  std::atomic<std::int64_t> disk_left{-1};
  // Added to the wall clock, in seconds.
  std::atomic<std::int64_t> clock_shift{0};
};
// bench/soak_faults.py writes it, too.
static_assert(offsetof(Control, countdown) == 8 && offsetof(Control, failed) == 40 &&
              offsetof(Control, clock_shift) == 56 && sizeof(Control) == 64);

}  // namespace sluice::faults
