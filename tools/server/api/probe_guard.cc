// Tested by tests/security/probe_guard_test.cc.
#include "tools/server/api/probe_guard.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace sluice::api {
namespace {

constexpr std::int64_t kWindowMillis = 3000;
constexpr int kFreeInWindow = 3;

constexpr std::chrono::milliseconds kDelayMax(500);

}  // namespace

// Keeps an answer until its time has come.
class ProbeGuard::Sink final : public http::AnswerSink {
 public:
  Sink(ProbeGuard& guard, http::Responder responder, Later::Clock::time_point until)
      : guard_(guard), responder_(std::move(responder)), until_(until) {}

  void Answer(http::Response response) override {
    const auto kept = std::make_shared<Kept>(std::move(responder_), std::move(response));
    guard_.later_.At(until_, [kept] { kept->first.Send(std::move(kept->second)); });
  }

 private:
  using Kept = std::pair<http::Responder, http::Response>;

  ProbeGuard& guard_;
  http::Responder responder_;
  Later::Clock::time_point until_;
};

std::chrono::milliseconds ProbeGuard::Note(std::string_view key, std::int64_t now_millis) {
  const std::lock_guard lock(mutex_);
  const auto is_over = [now_millis](const Window& window) {
    return now_millis - window.start >= kWindowMillis || now_millis < window.start;
  };
  if (windows_.size() >= sweep_at_) {
    absl::erase_if(windows_, [&](const auto& entry) { return is_over(entry.second); });
    sweep_at_ = std::max<std::size_t>(4096, 2 * windows_.size());
  }
  Window& window = windows_[std::string(key)];
  if (window.count == 0 || is_over(window)) window = {now_millis, 0};
  return ++window.count > kFreeInWindow ? RandomDelay(kDelayMax) : std::chrono::milliseconds(0);
}

http::Responder ProbeGuard::Delayed(http::Responder responder, std::chrono::milliseconds delay) {
  return http::Responder(
      std::make_shared<Sink>(*this, std::move(responder), Later::Clock::now() + delay));
}

}  // namespace sluice::api
