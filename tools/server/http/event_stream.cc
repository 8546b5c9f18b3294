// Tested by tests/server/realtime_stream_test.cc.
#include "tools/server/http/event_stream.h"

#include <utility>

namespace sluice::http {

EventStream::EventStream(const EventStreamLimits& limits, std::function<void()> on_end)
    : limits_(limits), on_end_(std::move(on_end)) {}

EventStream::~EventStream() {
  if (on_end_) {
    on_end_();
  }
}

bool EventStream::Append(std::string_view text, std::string_view more) {
  // `wake` takes a lock of the session's, and does so under this one, never the
  // other way round.
  const std::lock_guard lock(mutex_);
  if (state_ != State::kOpen) {
    return false;
  }
  if (!waiting_.empty() &&
      waiting_.size() + text.size() + more.size() > limits_.waiting_bytes_max) {
    state_ = State::kOverflowed;
    std::string().swap(waiting_);
    woken_ = false;  // The session waits for its client, and is to stop that.
  } else {
    waiting_.reserve(waiting_.size() + text.size() + more.size());
    waiting_.append(text).append(more);
  }
  Wake();
  return state_ == State::kOpen;
}

bool EventStream::End() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kOpen) {
    return false;
  }
  state_ = State::kEnded;
  Wake();
  return true;
}

bool EventStream::overflowed() {
  const std::lock_guard lock(mutex_);
  return state_ == State::kOverflowed;
}

void EventStream::Attach(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void EventStream::Wake() {
  if (wake_ && !std::exchange(woken_, true)) {
    wake_();
  }
}

EventStream::State EventStream::Take(std::string& text) {
  const std::lock_guard lock(mutex_);
  woken_ = false;
  text.clear();
  std::swap(text, waiting_);
  return state_;
}

}  // namespace sluice::http
