#include "tools/server/login/throttle.h"

#include <algorithm>

namespace sluice::login {
namespace {

constexpr std::int64_t kPauseMillis = 120000;

}  // namespace

bool Throttle::Start(std::string_view key, std::int64_t now_millis) {
  const std::lock_guard lock(mutex_);
  if (until_.size() >= sweep_at_) Sweep(now_millis);
  std::int64_t& until = until_[std::string(key)];
  if (until > now_millis) return false;
  until = now_millis + kPauseMillis;
  return true;
}

void Throttle::Clear(std::string_view key) {
  const std::lock_guard lock(mutex_);
  until_.erase(std::string(key));
}

void Throttle::Sweep(std::int64_t now_millis) {
  absl::erase_if(until_, [now_millis](const auto& entry) { return entry.second <= now_millis; });
  sweep_at_ = std::max<std::size_t>(1024, 2 * until_.size());
}

}  // namespace sluice::login
