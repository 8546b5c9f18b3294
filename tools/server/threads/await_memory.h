// What `operator new` does when there is no memory.
#pragma once

#include <chrono>
#include <new>
#include <thread>

namespace sluice::threads {

// A new-handler for programs that serve: `operator new` waits for memory that
// other requests give back, and throws std::bad_alloc only once it has waited
// so long in a row. Abseil's tables do not survive an exception in the middle of
// an insertion, so a lack that passes must not show as one.
inline constexpr std::chrono::seconds kMemoryPatience{5};

// One wait; throws once those that follow each other at once took `patience`.
inline void AwaitMemoryFor(std::chrono::nanoseconds patience) {
  using Clock = std::chrono::steady_clock;
  // `operator new` tries and asks again at once. What asks later is another
  // allocation, which may wait as long: some have succeeded between.
  constexpr auto kAtOnce = std::chrono::microseconds(500);
  thread_local Clock::time_point begin;
  thread_local Clock::time_point waited;
  const Clock::time_point now = Clock::now();
  if (now - waited > kAtOnce) begin = now;
  if (now - begin > patience) throw std::bad_alloc();
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  waited = Clock::now();
}

inline void AwaitMemory() { AwaitMemoryFor(kMemoryPatience); }

}  // namespace sluice::threads
