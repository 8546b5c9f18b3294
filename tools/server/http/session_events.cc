// Answers without an end. Tested by tests/server/realtime_stream_test.cc.
#include <algorithm>
#include <charconv>

#include "tools/server/http/event_stream.h"
#include "tools/server/http/session.h"
#include "tools/server/threads/guard.h"

namespace sluice::http {
namespace {

// What comes while events go out is the next request; more than this of it
// waits at the client.
constexpr std::size_t kReadAheadMax = 65536;
constexpr std::size_t kReadAhead = 1024;

void AppendChunk(std::string& out, std::string_view text) {
  char size[16];
  const auto end = std::to_chars(size, size + sizeof size, text.size(), 16).ptr;
  out.append(size, end).append("\r\n").append(text).append("\r\n");
}

}  // namespace

void AnswerSlot::Poke() {
  const std::lock_guard lock(mutex_);
  if (session_ != nullptr) {
    missed = !threads::Try([this] { session_->PostWake(); });
  }
}

void Session::PostWake() { thread_->PostWake(shared_from_this()); }

// Behind the head: from now on what is appended wakes this session.
void Session::StartEvents() {
  answer_->events->Attach([slot = slot_] { slot->Poke(); });
  events_end_ = thread_->now() + answer_->events->limits().age_max;
  events_over_ = false;
  LimitEvents();
  if (thread_->state().draining) {
    answer_->events->End();
  }
}

void Session::LimitEvents() {
  SetDeadline(answer_->events->limits().idle_max, Timeout::kIdle);
  deadline_ = std::min(deadline_, events_end_);
}

// Sends what waits; false once the stream has ended, or its client has gone.
bool Session::SendEvents() {
  if (peer_done_) {
    closed_ = true;
  }
  while (!closed_ && !events_over_) {
    // What waits is not taken before the last chunk is gone: the stream bounds
    // what one client can make the server hold.
    if (writing_) {
      break;
    }
    std::string text;
    const EventStream::State state = answer_->events->Take(text);
    out_.clear();
    const bool chunked = !parser_->is_http_1_0();
    if (!text.empty()) {
      chunked ? AppendChunk(out_, text) : void(out_.append(text));
      LimitEvents();
    } else if (state == EventStream::State::kOpen) {
      break;
    } else if (state == EventStream::State::kOverflowed) {
      closed_ = true;
      break;
    }
    if (state == EventStream::State::kEnded) {
      events_over_ = true;
      SetDeadline(options_.linger_timeout, Timeout::kLinger);
      if (chunked) {
        out_.append("0\r\n\r\n");
      }
    }
    StartWrite(out_, {});
  }
  if (writing_ && answer_->events->overflowed()) {
    closed_ = true;
  }
  if (unread().size() < kReadAheadMax) {
    StartRead(kReadAhead);
  }
  return !closed_ && (!events_over_ || writing_);
}

}  // namespace sluice::http
