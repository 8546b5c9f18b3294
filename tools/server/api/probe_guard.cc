// Tested by tests/security/probe_guard_test.cc.
#include "tools/server/api/probe_guard.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "tools/server/auth/random_text.h"
#include "tools/server/threads/guard.h"

namespace sluice::api {
namespace {

constexpr std::int64_t kWindowMillis = 3000;
constexpr int kFreeInWindow = 3;

// 0 to 499.
std::chrono::milliseconds RandomDelay() {
  return std::chrono::milliseconds(std::stoi(auth::RandomText(6, "0123456789")) % 500);
}

}  // namespace

// Keeps an answer until its time has come.
class ProbeGuard::Sink final : public http::AnswerSink {
 public:
  Sink(ProbeGuard& guard, http::Responder responder, Clock::time_point until)
      : guard_(guard), responder_(std::move(responder)), until_(until) {}

  void Answer(http::Response response) override {
    guard_.Keep(until_, {std::move(responder_), std::move(response)});
  }

 private:
  ProbeGuard& guard_;
  http::Responder responder_;
  Clock::time_point until_;
};

ProbeGuard::~ProbeGuard() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

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
  return ++window.count > kFreeInWindow ? RandomDelay() : std::chrono::milliseconds(0);
}

http::Responder ProbeGuard::Delayed(http::Responder responder, std::chrono::milliseconds delay) {
  return http::Responder(std::make_shared<Sink>(*this, std::move(responder), Clock::now() + delay));
}

void ProbeGuard::Keep(Clock::time_point until, Waiting waiting) {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable() && !stopping_)
    thread_ = std::thread([this] { threads::RunLasting([this] { Work(); }); });
  waiting_.emplace(until, std::move(waiting));
  changed_.notify_all();
}

void ProbeGuard::Work() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || !waiting_.empty()) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = waiting_.begin();
    if (!stopping_ && Clock::now() < first->first) {
      changed_.wait_until(lock, Clock::time_point(first->first));
      continue;
    }
    Waiting due = std::move(first->second);
    waiting_.erase(first);
    lock.unlock();
    due.responder.Send(std::move(due.response));
    lock.lock();
  }
}

}  // namespace sluice::api
