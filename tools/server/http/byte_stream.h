// Bytes of an answer that come from elsewhere while it is sent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sluice::http {

// One part of some content, read once, in order. Its memory is bounded: what is
// not taken is not fetched. Destroying it gives the rest up. One thread at a
// time.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // `wake` is called, from any thread, when Take may have something new; not
  // after the stream was destroyed and what it did then has returned.
  virtual void Attach(std::function<void()> wake) = 0;
  enum class State : std::uint8_t { kOpen, kEnded, kFailed };
  // Moves what has come into `text`, which may stay empty; never waits. Once it
  // says kEnded or kFailed nothing more comes.
  virtual State Take(std::string& text) = 0;
};

// Content that is kept elsewhere; it never changes. Safe from any thread.
class RemoteContent {
 public:
  virtual ~RemoteContent() = default;
  // Begins to fetch `size` bytes (not 0) from `offset` on. Never waits.
  virtual std::unique_ptr<ByteStream> Read(std::uint64_t offset, std::uint64_t size) const = 0;
};

}  // namespace sluice::http
