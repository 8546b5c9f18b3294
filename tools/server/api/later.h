// Work that is to begin at another time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace sluice::api {

// One thread that calls what is due, in the order of the times: short work only,
// such as a hand-over to the threads that do it. Safe to use from any thread.
class Later {
 public:
  using Clock = std::chrono::steady_clock;

  Later() = default;
  // As Stop.
  ~Later();
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  // Nothing is called any more once Stop has been called.
  void At(Clock::time_point time, std::function<void()> work);

  // Calls what waits, at once, and ends the thread. Not from the thread itself.
  void Stop();

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // since the first work
};

// A time between none and `most`, from the generator that makes keys.
std::chrono::milliseconds RandomDelay(std::chrono::milliseconds most);

}  // namespace sluice::api
