// An answer without an end: text that any thread appends while its client
// reads (server-sent events, S-98).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace sluice::http {

struct EventStreamLimits {
  // What may wait for the client. One text beyond it still goes out when
  // nothing else waits.
  std::size_t waiting_bytes_max = 262144;
  // The stream ends after so long without any text, and in the end anyway.
  std::chrono::milliseconds idle_max{300'000};
  std::chrono::milliseconds age_max{1'800'000};
};

// Owned by the response, and so by the session that sends it: whoever appends
// keeps a weak pointer. All methods are safe from any thread, and never wait for
// the client.
class EventStream {
 public:
  // `on_end` is called once, by the destructor: the client has gone, or the
  // stream has ended. On any thread, so it must only take note.
  explicit EventStream(const EventStreamLimits& limits, std::function<void()> on_end = nullptr);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // False when the stream has ended, or ends now, because its client does not
  // read what it is sent: the connection is then closed. `more` follows `text`.
  bool Append(std::string_view text, std::string_view more = {});

  // Ends the answer once what waits was sent. False when it had ended before.
  bool End();

  // For the session that sends it.
  enum class State { kOpen, kEnded, kOverflowed };
  // `wake` is called, from any thread, when there is something to look at.
  void Attach(std::function<void()> wake);
  // Moves what waits into `text`, which may stay empty.
  State Take(std::string& text);
  bool overflowed();
  const EventStreamLimits& limits() const { return limits_; }

 private:
  void Wake();

  const EventStreamLimits limits_;
  const std::function<void()> on_end_;
  std::mutex mutex_;
  std::function<void()> wake_;
  std::string waiting_;
  State state_ = State::kOpen;
  bool woken_ = false;  // Since the last Take.
};

}  // namespace sluice::http
