// Threads that outlive an exception. What throws in the server has no memory:
// Debian's C++ library and abseil throw nothing else at us. Then one piece of
// work is lost, and whoever waits for it is told; never the process (A36).
#pragma once

#include <chrono>
#include <thread>

#include "sluice/status.h"

namespace sluice::threads {

// Between two attempts of a loop that threw: memory that is short now is not
// back at once, and looking for it must not take a core.
inline constexpr std::chrono::milliseconds kAfterThrow{1};

// Calls `work`; false when it threw. For work that nobody is told about, such as
// a line of a log, and for callbacks that must not keep others from theirs.
template <typename Work>
bool Try(const Work& work) noexcept {
  try {
    work();
    return true;
  } catch (...) {
    return false;
  }
}

// What `step` returns, or kInternal when it threw: without a text, which would
// need memory.
template <typename Step>
Status Guarded(const Step& step) noexcept {
  try {
    return step();
  } catch (...) {
    return Status(absl::StatusCode::kInternal, "");
  }
}

// The whole life of a thread: calls `loop` until it returns, and anew, a moment
// later, each time it threw. A loop therefore takes a job out of its queue
// before it runs it, leaves nothing marked as busy behind an exception, and
// looks whether it is to end before it waits.
template <typename Loop>
void RunLasting(const Loop& loop) noexcept {
  while (!Try(loop)) std::this_thread::sleep_for(kAfterThrow);
}

}  // namespace sluice::threads
