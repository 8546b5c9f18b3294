// What the calling thread has used so far.
#pragma once

#include <chrono>
#include <sys/resource.h>

namespace sluice::threads {

struct ThreadUse {
  std::chrono::microseconds cpu{0};  // its own and the system's for it
  long waits = 0;                    // how often it left its core by itself: for a disk, a lock
};

// A call of the system, half a microsecond (getrusage(2), RUSAGE_THREAD).
inline ThreadUse UseOfThread() {
  rusage use{};
  getrusage(RUSAGE_THREAD, &use);
  const auto micros = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return {micros(use.ru_utime) + micros(use.ru_stime), use.ru_nvcsw};
}

}  // namespace sluice::threads
